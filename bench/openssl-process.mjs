// What a session costs with `openssl s_server -dtls1_2`, which serves one client at a time: the memory of its process.
import { spawn } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Bytes: `rss`, and of it `own`, what no other process of the same program shares. */
export async function measureOpenssl({ cert, key }) {
  const folder = mkdtempSync(join(tmpdir(), 'foxtls-bench-'));
  const processes = [];
  const openssl = (...openSslArguments) => {
    const child = spawn('openssl', openSslArguments, { stdio: ['pipe', 'pipe', 'ignore'] });
    processes.push(child);
    return child;
  };
  try {
    for (const [name, text] of Object.entries({ cert, key })) writeFileSync(join(folder, name), text);
    const port = String(await freePort());
    const files = ['-cert', join(folder, 'cert'), '-key', join(folder, 'key')];
    const server = openssl('s_server', '-dtls1_2', '-quiet', '-port', port, ...files);
    await new Promise((resolve) => setTimeout(resolve, 300));
    const client = openssl('s_client', '-dtls1_2', '-quiet', '-connect', `127.0.0.1:${port}`);
    client.stdin.write('x\n');
    const [received] = await once(server.stdout, 'data', { signal: AbortSignal.timeout(5000) });
    if (String(received) !== 'x\n') throw new Error(`openssl s_server received ${received}`);
    return memoryOf(server.pid);
  } finally {
    for (const child of processes) child.kill();
    rmSync(folder, { recursive: true });
  }
}

function memoryOf(pid) {
  const text = readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8');
  const kilobytes = (name) => Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(text)?.[1]);
  return { rss: 1024 * kilobytes('Rss'), own: 1024 * (kilobytes('Private_Clean') + kilobytes('Private_Dirty')) };
}

async function freePort() {
  const socket = createSocket('udp4');
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  const { port } = socket.address();
  socket.close();
  return port;
}
