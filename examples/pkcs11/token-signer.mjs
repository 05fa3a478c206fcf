// Private keys that stay in a PKCS#11 token (an HSM, a smart card, SoftHSM), as signers of foxtls.
//
// A signer is an object with `type` and `sign(algorithm, message)`, which may be asynchronous: the token works on a thread of its own, and
// the event loop goes on. These keys are EC keys on P-256.
import { createHash } from 'node:crypto';
import pkcs11js from 'pkcs11js';

/** Opens a token by its label and logs in. */
export function openToken({ module, label, pin }) {
  const pkcs11 = new pkcs11js.PKCS11();
  pkcs11.load(module);
  pkcs11.C_Initialize();
  const slot = pkcs11.C_GetSlotList(true).find((id) => pkcs11.C_GetTokenInfo(id).label.trim() === label);
  if (slot === undefined) throw new Error(`there is no token with the label ${label}`);
  const session = pkcs11.C_OpenSession(slot, pkcs11js.CKF_SERIAL_SESSION | pkcs11js.CKF_RW_SESSION);
  pkcs11.C_Login(session, pkcs11js.CKU_USER, pin);
  return {
    findKey: (keyLabel) => findKey(pkcs11, session, keyLabel),
    generateKey(keyLabel) {
      generateKey(pkcs11, session, keyLabel);
      return findKey(pkcs11, session, keyLabel);
    },
    close() {
      pkcs11.C_Logout(session);
      pkcs11.C_CloseSession(session);
      pkcs11.C_Finalize();
      pkcs11.close();
    },
  };
}

/** The key with a label: its signer, and its SubjectPublicKeyInfo, DER; undefined when there is none. */
function findKey(pkcs11, session, keyLabel) {
  const find = (objectClass) => {
    pkcs11.C_FindObjectsInit(session, [
      { type: pkcs11js.CKA_CLASS, value: objectClass },
      { type: pkcs11js.CKA_LABEL, value: keyLabel },
    ]);
    const [handle] = pkcs11.C_FindObjects(session, 1);
    pkcs11.C_FindObjectsFinal(session);
    return handle;
  };
  const privateKey = find(pkcs11js.CKO_PRIVATE_KEY);
  const publicKey = find(pkcs11js.CKO_PUBLIC_KEY);
  if (privateKey === undefined || publicKey === undefined) return undefined;
  return { signer: createSigner(pkcs11, session, privateKey), spki: readPublicKey(pkcs11, session, publicKey) };
}

const P256 = '06082a8648ce3d030107';
const P256_SPKI = '3059301306072a8648ce3d020106082a8648ce3d030107034200';

/** Makes a P-256 key in the token, out of which it cannot be taken. */
function generateKey(pkcs11, session, keyLabel) {
  const both = [
    { type: pkcs11js.CKA_TOKEN, value: true },
    { type: pkcs11js.CKA_LABEL, value: keyLabel },
  ];
  const publicOnes = [
    { type: pkcs11js.CKA_VERIFY, value: true },
    { type: pkcs11js.CKA_EC_PARAMS, value: Buffer.from(P256, 'hex') },
  ];
  const privateOnes = [
    { type: pkcs11js.CKA_SIGN, value: true },
    { type: pkcs11js.CKA_SENSITIVE, value: true },
    { type: pkcs11js.CKA_EXTRACTABLE, value: false },
  ];
  const mechanism = { mechanism: pkcs11js.CKM_EC_KEY_PAIR_GEN };
  pkcs11.C_GenerateKeyPair(session, mechanism, [...both, ...publicOnes], [...both, ...privateOnes]);
}

/** A session does one thing at a time, so signatures wait for each other. */
function createSigner(pkcs11, session, privateKey) {
  let last = Promise.resolve();
  const signDigest = (digest) => {
    pkcs11.C_SignInit(session, { mechanism: pkcs11js.CKM_ECDSA }, privateKey);
    return pkcs11.C_SignAsync(session, digest, Buffer.alloc(64));
  };
  return {
    type: { kind: 'ec', curve: 'secp256r1' },
    sign({ kind, hash }, message) {
      if (kind !== 'ecdsa') throw new Error(`this key signs with ECDSA, not with ${kind}`);
      const digest = createHash(hash).update(message).digest();
      const signature = last.then(() => signDigest(digest));
      last = signature.catch(() => {});
      return signature.then(toDer);
    },
  };
}

/** CKA_EC_POINT is an OCTET STRING around the point. */
function readPublicKey(pkcs11, session, handle) {
  const [{ value }] = pkcs11.C_GetAttributeValue(session, handle, [{ type: pkcs11js.CKA_EC_POINT }]);
  return new Uint8Array(Buffer.concat([Buffer.from(P256_SPKI, 'hex'), value.subarray(2)]));
}

/** PKCS#11 gives r and s side by side; TLS and X.509 want SEQUENCE { r INTEGER, s INTEGER }. */
function toDer(signature) {
  const integer = (bytes) => {
    const start = bytes.findIndex((byte) => byte !== 0);
    const digits = bytes.subarray(start < 0 ? bytes.length - 1 : start);
    return digits[0] >= 0x80 ? [2, digits.length + 1, 0, ...digits] : [2, digits.length, ...digits];
  };
  const half = signature.length / 2;
  const contents = [...integer(signature.subarray(0, half)), ...integer(signature.subarray(half))];
  return Uint8Array.from([0x30, contents.length, ...contents]);
}
