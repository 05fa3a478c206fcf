// Handshakes that are changed inside their messages, behind the encryption.
import { handshakeTarget } from '../handshake-target.mjs';

export const targets = ['TLSv1.3', 'TLSv1.2'].flatMap((version) =>
  ['server', 'client'].map((role) => handshakeTarget(role, version)),
);
