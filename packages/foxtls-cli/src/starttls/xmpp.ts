/**
 * XMPP (RFC 6120 §5.4): the stream's features have to offer starttls, `<proceed/>` is the go-ahead.
 *
 * No XML is parsed: of the features it is looked at whether the element is among them, and after `<starttls/>` the next element is all that there is.
 */

import { type Dialogue, quoted, readUntil, StartTlsFailure, send } from './dialogue.ts';

const NAMESPACE = 'urn:ietf:params:xml:ns:xmpp-tls';

/** `domain`: whose users the server serves; it may know no other. */
export function* xmppDialogue(domain: string): Dialogue {
  const to = domain.replace(/[&<>'"]/g, '');
  yield* send(
    Buffer.from(
      `<?xml version='1.0'?><stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams' to='${to}' version='1.0'>`,
    ),
  );
  const features = yield* readFeatures();
  if (!/<starttls[\s/>]/.test(features) || !features.includes(NAMESPACE)) {
    throw new StartTlsFailure('the server does not offer starttls');
  }
  yield* send(Buffer.from(`<starttls xmlns='${NAMESPACE}'/>`));
  const answer = (yield* readUntil('>')).trim();
  if (!/^<proceed[\s/>]/.test(answer)) {
    throw new StartTlsFailure(`starttls was answered with ${JSON.stringify(quoted(answer))}, not with <proceed/>`);
  }
  // `<proceed …></proceed>` is the same as `<proceed …/>`.
  if (!answer.endsWith('/>')) yield* readUntil('>');
}

/** Element by element, so that an error or an end of the stream is seen as such. */
function* readFeatures(): Dialogue<string> {
  let text = '';
  while (true) {
    const element = yield* readUntil('>');
    if (text === '' && !/^\s*<(\?xml|stream:stream)\b/.test(element)) {
      throw new StartTlsFailure(`${JSON.stringify(quoted(element))} is no beginning of an XMPP stream`);
    }
    text += element;
    if (/<\/stream:features\s*>$|<stream:features[^<>]*\/>$/.test(text)) return text;
    if (/<stream:error\b|<\/stream:stream\s*>$/.test(text)) {
      throw new StartTlsFailure(`the server ended the stream: ${JSON.stringify(quoted(text.slice(-200)))}`);
    }
  }
}
