/**
 * Output for a vectored write: small pieces joined, large ones left alone.
 *
 * A piece costs a stream about a microsecond, a copied kilobyte a twentieth of that. So the headers, tags and short records between two
 * long ciphertexts become one piece, and a whole handshake flight becomes one write.
 */

const SMALL = 2048;

/** The same bytes in as few pieces as copying up to 2048 bytes at a time can make. */
export function joinSmall(pieces: readonly Uint8Array[]): Uint8Array[] {
  if (pieces.length <= 1) return [...pieces];
  const joined: Uint8Array[] = [];
  let runStart = 0;
  let runLength = 0;
  for (let i = 0; i <= pieces.length; i++) {
    const piece = pieces[i];
    if (piece !== undefined && piece.length < SMALL) {
      runLength += piece.length;
      continue;
    }
    if (i - runStart > 1) joined.push(join(pieces, runStart, i, runLength));
    else if (i > runStart) joined.push(pieces[runStart] as Uint8Array);
    if (piece !== undefined) joined.push(piece);
    runStart = i + 1;
    runLength = 0;
  }
  return joined;
}

function join(pieces: readonly Uint8Array[], from: number, to: number, length: number): Uint8Array {
  const whole = new Uint8Array(length);
  for (let i = from, at = 0; i < to; i++) {
    const piece = pieces[i] as Uint8Array;
    whole.set(piece, at);
    at += piece.length;
  }
  return whole;
}
