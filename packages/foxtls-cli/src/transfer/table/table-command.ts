/** `foxtls transfer-table`: how long files take with foxtls, node:tls, OpenSSL and wolfSSL, and what each of them needs for it. */

import { createHash } from 'node:crypto';
import { createReadStream, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { nodeProvider } from 'foxtls/crypto/node';
import { formatPrivateKeyPem } from 'foxtls/pkcs';
import { createCertificate, createCertificateAuthority, formatCertificatePem } from 'foxtls/x509';
import { defineCommand } from '../../command/command.ts';
import { CommandFailure, UsageError } from '../../command/failure.ts';
import { parseCount } from '../../command/numbers.ts';
import { startProgress } from '../../command/progress.ts';
import { createReport, JSON_OPTION } from '../../command/report.ts';
import { formatSize, parseSize } from '../../command/sizes.ts';
import type { Terminal } from '../../command/terminal.ts';
import { writeRandomFile } from '../random-command.ts';
import {
  findImplementation,
  IMPLEMENTATION_NAMES,
  type Implementation,
  type ImplementationName,
  type Job,
} from './implementations.ts';
import { type Measured, runTransfer, type TransferCost } from './run-transfer.ts';
import { reportNeeds, reportTimes } from './table-report.ts';

const SIZES = '128MB,256MB,512MB,1GB';
const CIPHERS = { '1.2': 'ECDHE-RSA-AES256-GCM-SHA384', '1.3': 'TLS_AES_256_GCM_SHA384' } as const;
const MAX_RUNS = 100;

export const transferTableCommand = defineCommand({
  name: 'transfer-table',
  summary: 'measure transfers of large files beside node:tls, OpenSSL and wolfSSL',
  operands: '',
  maxOperands: 0,
  options: {
    sizes: { type: 'string', value: 'LIST', help: `of the files (${SIZES})` },
    runs: { type: 'string', value: 'N', help: 'how often each of them is sent (3)' },
    tls: { type: 'string', short: 'v', value: 'VERSION', choices: ['1.2', '1.3'], help: 'the version (1.2)' },
    only: { type: 'string', value: 'LIST', help: `which of ${IMPLEMENTATION_NAMES.join(', ')} (all that are here)` },
    folder: { type: 'string', value: 'FOLDER', help: 'where the files are made, and removed again (that for temporary files)' },
    'no-memory': { type: 'boolean', help: 'leave out what takes longest besides the times: memory under valgrind' },
    ...JSON_OPTION,
  },
  notes: [
    'Both ends run on this machine, each a process of its own, over 127.0.0.1. The seconds are those that the processor spent on the transfer, from the end of the handshake on, files included; --json also has those by the wall.',
    'OpenSSL and wolfSSL are programs in C, compiled for this when gcc and their headers (libssl-dev, libwolfssl-dev) are there. What is missing is said, and left out.',
  ],
  examples: [
    { purpose: 'the whole table: about 20 GB are moved', line: 'foxtls transfer-table' },
    { purpose: 'a quick look', line: 'foxtls transfer-table --sizes 10MB --runs 1' },
  ],
  async run({ options }, terminal) {
    const report = createReport(options, terminal);
    const sizes = (options.sizes ?? SIZES).split(',').map((text) => parseSize(text.trim(), '--sizes'));
    const runs = parseCount(options.runs ?? '3', '--runs', { min: 1, max: MAX_RUNS });
    const version = options.tls === '1.3' ? '1.3' : '1.2';
    const names = parseNames(options.only);
    const folder = mkdtempSync(join(options.folder ?? tmpdir(), 'foxtls-table-'));
    const stopping = new AbortController();
    const undo = terminal.onStop(() => stopping.abort());
    try {
      const implementations: Implementation[] = [];
      for (const name of names) {
        const found = await findImplementation(name, folder);
        if (!('missing' in found)) implementations.push(found);
        else report.say(`without ${name}: ${found.missing}`, { event: 'skipped', implementation: name, why: found.missing });
      }
      const job = await prepareJob(folder, version, terminal.now());
      const where = `${cpus()[0]?.model ?? 'unknown processor'}, ${cpus().length} cores, ${terminal.now().toISOString().slice(0, 10)}`;
      report.say(`TLS ${version}, ${job.ciphers}, records of 4096 bytes; ${where}`, {
        event: 'table',
        version,
        ciphers: job.ciphers,
        where,
      });
      for (const { name, description } of implementations)
        report.say(`${name}: ${description}`, { event: 'implementation', name, description });
      const measured = await measure({ implementations, sizes, runs, job, signal: stopping.signal }, terminal);
      reportTimes(measured, report);
      await reportNeeds(
        { measured, implementations, job, memory: options['no-memory'] !== true, signal: stopping.signal },
        report,
      );
    } finally {
      undo();
      rmSync(folder, { recursive: true, force: true });
    }
  },
});

function parseNames(text: string | undefined): readonly ImplementationName[] {
  if (text === undefined) return IMPLEMENTATION_NAMES;
  return text.split(',').map((word) => {
    const name = IMPLEMENTATION_NAMES.find((known) => known.toLowerCase() === word.trim().toLowerCase());
    if (name === undefined)
      throw new UsageError(`--only is a list of ${IMPLEMENTATION_NAMES.join(', ')}, not ${JSON.stringify(word)}`);
    return name;
  });
}

const DAY = 24 * 60 * 60 * 1000;

/** A CA and an RSA certificate: the tutorial's suite asks for one. */
async function prepareJob(folder: string, version: '1.2' | '1.3', now: Date): Promise<Job> {
  const dates = { validFrom: new Date(now.getTime() - DAY), validTo: new Date(now.getTime() + DAY) };
  const key = { kind: 'rsa', bits: 2048 } as const;
  const authority = await createCertificateAuthority({
    provider: nodeProvider,
    subject: { commonName: 'transfer-table CA' },
    key,
    ...dates,
  });
  const server = await createCertificate({
    provider: nodeProvider,
    issuer: authority,
    subject: { commonName: 'localhost' },
    dnsNames: ['localhost'],
    key,
    ...dates,
  });
  const job: Job = {
    file: join(folder, 'sent.bin'),
    folder: join(folder, 'received'),
    name: 'sent.bin',
    certPath: join(folder, 'cert.pem'),
    keyPath: join(folder, 'key.pem'),
    caPath: join(folder, 'ca.pem'),
    version,
    ciphers: CIPHERS[version],
  };
  mkdirSync(job.folder);
  writeFileSync(job.certPath, formatCertificatePem(server.certificate));
  writeFileSync(job.keyPath, formatPrivateKeyPem(server.key.exportPkcs8()), { mode: 0o600 });
  writeFileSync(job.caPath, formatCertificatePem(authority.certificate));
  return job;
}

interface Measuring {
  readonly implementations: readonly Implementation[];
  readonly sizes: readonly number[];
  readonly runs: number;
  readonly job: Job;
  readonly signal: AbortSignal;
}

async function measure({ implementations, sizes, runs, job, signal }: Measuring, terminal: Terminal): Promise<Measured[]> {
  const total = sizes.reduce((sum, size) => sum + size, 0) * implementations.length * runs;
  const progress = startProgress({ title: 'transfer-table', total }, terminal);
  const measured: Measured[] = [];
  let done = 0;
  try {
    for (const size of sizes) {
      await writeRandomFile(job.file, size, { overwrite: true }, { ...terminal, statusLine: undefined });
      const costs = implementations.map(({ name }) => ({ implementation: name, size, runs: [] as TransferCost[] }));
      // In turns, so that a machine that is slower for a while is so for all of them.
      for (let run = 0; run < runs; run++) {
        for (const [i, implementation] of implementations.entries()) {
          costs[i]?.runs.push(await runChecked(implementation, job, size, signal));
          done += size;
          progress.advance(done);
        }
      }
      measured.push(...costs);
    }
    return measured;
  } finally {
    progress.end();
  }
}

/** A transfer whose file arrives as it was sent. */
async function runChecked(implementation: Implementation, job: Job, size: number, signal: AbortSignal): Promise<TransferCost> {
  const received = join(job.folder, job.name);
  const cost = await runTransfer(implementation, job, { signal });
  if (!(await isSame(job.file, received)))
    throw new CommandFailure(`${implementation.name} has received something else than the ${formatSize(size)} that were sent`);
  rmSync(received);
  return cost;
}

async function isSame(one: string, other: string): Promise<boolean> {
  const [first, second] = await Promise.all([one, other].map(digestOf));
  return first === second;
}

async function digestOf(path: string): Promise<string> {
  const digest = createHash('sha256');
  for await (const chunk of createReadStream(path, { highWaterMark: 1024 * 1024 })) digest.update(chunk as Uint8Array);
  return digest.digest('hex');
}
