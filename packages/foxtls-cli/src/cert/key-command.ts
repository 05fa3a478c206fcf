/** `foxtls cert key`: makes a private key. */

import { formatPublicKeyPem } from 'foxtls/pkcs';
import { defineCommand } from '../command/command.ts';
import { UsageError } from '../command/failure.ts';
import { writeOutputs } from '../command/files.ts';
import { readPassword } from '../command/password.ts';
import {
  formatKey,
  generateKey,
  KEY_TYPES,
  loadPrivateKey,
  PASSWORD_OPTIONS,
  parseKeyType,
  passwordSource,
} from './private-keys.ts';

export const keyCommand = defineCommand({
  name: 'key',
  summary: 'make a private key, or take the public key out of one',
  operands: '',
  maxOperands: 0,
  options: {
    type: { type: 'string', short: 't', value: 'TYPE', help: `${KEY_TYPES} (p-256)` },
    out: { type: 'string', short: 'o', value: 'FILE', help: 'where the key goes (standard output)' },
    public: { type: 'string', value: 'FILE', help: 'where its public key goes' },
    in: { type: 'string', short: 'i', value: 'FILE', help: 'take this key instead of a new one, for --public' },
    ...PASSWORD_OPTIONS,
    force: { type: 'boolean', short: 'f', help: 'overwrite files that are there' },
  },
  notes: ['With a password, the key is encrypted: PKCS#8, PBES2 with PBKDF2-HMAC-SHA-256 (600,000 iterations) and AES-256.'],
  examples: [
    { purpose: 'an RSA key, encrypted', line: 'foxtls cert key --type rsa:2048 --pass prompt --out ca-key.pem' },
    { purpose: 'the public key of it', line: 'foxtls cert key --in ca-key.pem --public ca-pub.pem' },
  ],
  async run({ options }, terminal) {
    const { in: given, type, public: publicPath, out, force } = options;
    const source = passwordSource(options);
    if (given !== undefined) {
      if (publicPath === undefined || out !== undefined || type !== undefined)
        throw new UsageError('--in goes with --public FILE only');
      const { publicKey } = await loadPrivateKey(given, source, terminal);
      writeOutputs([{ path: publicPath, data: formatPublicKeyPem(publicKey.spki), force }], terminal);
      return;
    }
    const request = parseKeyType(type);
    const password = await readPassword({ source, subject: out ?? 'the new key', isNew: true }, terminal);
    const key = await generateKey(request, terminal);
    const outputs = [{ path: out, data: await formatKey(key, password), isSecret: true, force }];
    const publicOutputs =
      publicPath === undefined ? [] : [{ path: publicPath, data: formatPublicKeyPem(key.publicKey.spki), force }];
    writeOutputs([...outputs, ...publicOutputs], terminal);
  },
});
