/** The check of a server, from the first connection to the verdict; each finding is told when it is made. */

import type { ClientOptions } from 'foxtls';
import { nodeProvider } from 'foxtls/crypto/node';
import { type Certificate, createX509Verifier, type Fetcher, parseCertificate } from 'foxtls/x509';
import { describeFailure } from '../command/failure.ts';
import { formatAddress } from '../network/addresses.ts';
import { StartTlsFailure } from '../starttls/dialogue.ts';
import { judgeChain } from './chain.ts';
import { type Ask, listGroups, listOldGroups, listSuites } from './enumerate.ts';
import { type Finding, found, isWell } from './finding.ts';
import { type Outcome, shakeHands, wantsCertificate } from './handshake.ts';
import type { Answer, Version } from './hello.ts';
import { judgeSuites, judgeVersions } from './judge-offers.ts';
import { judgeName, judgeRevocation, judgeTrust, type PathInputs } from './judge-path.ts';
import { openConnection, probe, type Server } from './probe.ts';
import { explainError } from './reasons.ts';
import { ALL_GROUPS, suitesFor } from './strength.ts';

export interface CheckOptions {
  readonly trustAnchors: readonly Uint8Array[];
  readonly credentials: ClientOptions['credentials'];
  readonly now: Date;
  readonly fetcher: Fetcher | undefined;
  readonly crls: readonly Uint8Array[];
  readonly tell: (finding: Finding) => void;
  /** What is being done now. */
  readonly progress: (what: string) => void;
}

/** What was seen. */
export interface Checked {
  readonly findings: readonly Finding[];
  readonly versions: readonly Version[];
  readonly suites: Readonly<Partial<Record<Version, readonly string[]>>>;
  readonly groups: readonly string[];
  readonly chain: readonly Certificate[];
  /** Whether a careful client connects. */
  readonly isWell: boolean;
}

const VERSIONS: readonly Version[] = ['TLSv1.3', 'TLSv1.2', 'TLSv1.1', 'TLSv1'];

export async function checkServer(server: Server, options: CheckOptions): Promise<Checked> {
  const findings: Finding[] = [];
  const tell = (...more: readonly Finding[]) => {
    for (const finding of more) {
      findings.push(finding);
      options.tell(finding);
    }
  };
  const seen: { -readonly [K in keyof Checked]: Checked[K] } = {
    findings,
    versions: [],
    suites: {},
    groups: [],
    chain: [],
    isWell: false,
  };
  const reached = await reach(server);
  tell(reached);
  if (reached.level === 'failure') return seen;
  const answers = await askVersions(server, options);
  tell(...judgeVersions(answers, server.starttls));
  seen.versions = VERSIONS.filter((version) => speaks(answers, version));
  if (seen.versions.length === 0) return seen;
  tell(...(await tryOldVersions(seen.versions, server, options)));
  const ask: Ask = (offer) => probe(server, offer);
  seen.suites = await askSuites(seen.versions, ask, options);
  tell(...judgeSuites(seen.suites));
  options.progress('groups');
  seen.groups = await (speaks(answers, 'TLSv1.3') ? listGroups(ask) : listOldGroups(ask));
  if (seen.groups.length > 0) tell(found('groups', 'ok', `key exchange by ${seen.groups.join(', ')}`));
  const outcome = await lookInside(server, options);
  tell(...judgeOutcome(outcome));
  seen.chain = readChain(outcome.chain, tell);
  if (seen.chain.length > 0)
    await judgeCertificates(
      { ...options, chain: seen.chain, name: server.name, ocspResponse: outcome.ocspResponse },
      options,
      tell,
    );
  tell(...judgeExtras(outcome, server), ...(await tryResumption(server, outcome, options)));
  tell(...(await tryCarefully(server, options, findings)));
  seen.isWell = isWell(findings);
  return seen;
}

function speaks(answers: ReadonlyMap<Version, Answer>, version: Version): boolean {
  const answer = answers.get(version);
  return answer?.kind === 'hello' && answer.version === version;
}

async function reach(server: Server): Promise<Finding> {
  const where = formatAddress(server.target);
  try {
    (await openConnection(server)).destroy();
    const how = server.starttls === undefined ? '' : `, and the words of ${server.starttls} lead to TLS`;
    return found('connection', 'ok', `${where} is there${how}`);
  } catch (error) {
    const isRefusal = error instanceof StartTlsFailure;
    return found('connection', 'failure', isRefusal ? `${where} does not go on to TLS` : 'no connection', {
      cause: describeFailure(error),
      cure: isRefusal
        ? `switch TLS on for ${server.starttls} in the server, or check another port, or another protocol`
        : 'see that the server runs, that it listens on this address and port, and that no firewall stands between',
    });
  }
}

/** The two newest at once: who answers to neither is no server of TLS, and is not asked again. */
async function askVersions(server: Server, { progress }: CheckOptions): Promise<ReadonlyMap<Version, Answer>> {
  progress('versions');
  const ask = async (version: Version) =>
    [version, await probe(server, { version, cipherSuites: suitesFor(version), groups: ALL_GROUPS })] as const;
  const newest = await Promise.all(VERSIONS.slice(0, 2).map(ask));
  const isTls = newest.some(([, { kind }]) => kind === 'hello' || kind === 'alert' || kind === 'reset' || kind === 'closed');
  return new Map([...newest, ...(isTls ? await Promise.all(VERSIONS.slice(2).map(ask)) : [])]);
}

async function askSuites(
  versions: readonly Version[],
  ask: Ask,
  { progress }: CheckOptions,
): Promise<Partial<Record<Version, string[]>>> {
  const suites: Partial<Record<Version, string[]>> = {};
  for (const version of versions) {
    suites[version] = await listSuites(version, ask, (count) => progress(`suites of ${version}: ${count}`));
  }
  return suites;
}

/** What is old is spoken by `foxtls/legacy`, to see whether it is more than a ServerHello. */
async function tryOldVersions(
  versions: readonly Version[],
  server: Server,
  { progress, credentials }: CheckOptions,
): Promise<Finding[]> {
  const findings: Finding[] = [];
  for (const version of versions) {
    if (version !== 'TLSv1.1' && version !== 'TLSv1') continue;
    progress(`a handshake of ${version}`);
    const { info, error } = await shakeHands(server, { ...(await everything()), versions: [version], credentials });
    const text =
      info === undefined
        ? `a handshake of ${version} fails: ${error?.message}`
        : `a handshake of ${version} succeeds (${info.suite.name})`;
    findings.push(found('versions', 'note', text));
  }
  return findings;
}

/** All that the library can speak, for looking at servers that nobody should. */
async function everything(): Promise<Partial<ClientOptions>> {
  const { legacy } = await import('foxtls/legacy');
  const usual = ['AES_128', 'AES_256'].flatMap((cipher) =>
    ['ECDHE_ECDSA', 'ECDHE_RSA', 'DHE_RSA'].flatMap((exchange) =>
      [`${cipher}_GCM_SHA${cipher === 'AES_128' ? 256 : 384}`, `${cipher}_CBC_SHA`].map((rest) => `TLS_${exchange}_WITH_${rest}`),
    ),
  );
  return {
    legacy,
    cipherSuites: [
      'TLS_AES_128_GCM_SHA256',
      'TLS_AES_256_GCM_SHA384',
      'TLS_CHACHA20_POLY1305_SHA256',
      ...usual,
      ...legacy.cipherSuites.map(({ name }) => name),
    ],
    signatureSchemes: undefined,
    insecureMacThenEncrypt: true,
    minDiffieHellmanBits: 768,
  };
}

const PROTOCOLS = ['h2', 'http/1.1'];

/** A handshake that trusts anybody, for what it shows; of servers that no careful client can speak to, by all means. */
async function lookInside(server: Server, { progress, credentials }: CheckOptions): Promise<Outcome> {
  progress('handshake');
  const alpnProtocols = server.starttls === undefined ? PROTOCOLS : undefined;
  const outcome = await shakeHands(server, { credentials, alpnProtocols, awaitTicket: true });
  if (outcome.chain.length > 0) return outcome;
  const other = await shakeHands(server, { ...(await everything()), versions: [...VERSIONS], credentials });
  return other.chain.length > 0 ? { ...other, error: outcome.error, info: undefined } : outcome;
}

function judgeOutcome(outcome: Outcome): Finding[] {
  const { info, error } = outcome;
  if (wantsCertificate(outcome)) {
    return [
      found('handshake', 'failure', 'the server refuses clients that show no certificate', {
        cause: 'it asked for one, and ended the connection when none came, or when it did not like ours',
        cure: 'show one of an authority that the server trusts: --cert FILE --key FILE',
      }),
    ];
  }
  if (info === undefined) {
    const why = error === undefined ? { cause: 'it ended', cure: 'read the log of the server' } : explainError(error);
    return [
      found(
        'handshake',
        'failure',
        `no handshake with what careful clients offer${error === undefined ? '' : `: ${error.message}`}`,
        why,
      ),
    ];
  }
  const { version, suite, group, signatureScheme } = info;
  const by = [suite.name, group?.name, signatureScheme?.name].filter((name) => name !== undefined).join(', ');
  return [found('handshake', 'ok', `${version} with ${by}`)];
}

function judgeExtras({ info, isAsked }: Outcome, { starttls }: Server): Finding[] {
  if (info === undefined) return [];
  const { alpnProtocol } = info;
  return [
    ...(isAsked
      ? [found('extras', 'note', 'the server asks for a certificate of clients, and lets those pass that show none')]
      : []),
    ...(starttls === undefined
      ? [found('extras', 'note', alpnProtocol === undefined ? `ALPN: none of ${PROTOCOLS.join(', ')}` : `ALPN: ${alpnProtocol}`)]
      : []),
  ];
}

function readChain(chain: readonly Uint8Array[], tell: (...findings: readonly Finding[]) => void): readonly Certificate[] {
  try {
    return chain.map((der) => parseCertificate(der));
  } catch (error) {
    const cure = 'install the certificates again as their issuers gave them';
    tell(found('chain', 'failure', 'a certificate that was sent cannot be read', { cause: describeFailure(error), cure }));
    return [];
  }
}

async function judgeCertificates(
  inputs: PathInputs,
  { progress }: CheckOptions,
  tell: (...findings: readonly Finding[]) => void,
): Promise<void> {
  progress('certificates');
  const alone = judgeChain(inputs.chain, inputs.now);
  tell(...alone, ...judgeName(inputs));
  const { findings, path } = await judgeTrust(inputs);
  // What is wrong with a certificate by itself makes its path wrong, too, and is told once.
  tell(...findings.filter(({ cause }) => cause === undefined || !alone.some((finding) => finding.cause === cause)));
  if (path === undefined) return;
  progress('revocation');
  tell(...(await judgeRevocation(inputs, path)));
}

async function tryResumption(
  server: Server,
  { session, info }: Outcome,
  { progress, credentials }: CheckOptions,
): Promise<Finding[]> {
  if (info === undefined) return [];
  if (session === undefined) return [found('extras', 'note', 'resumption: the server gives no tickets')];
  progress('resumption');
  const again = await shakeHands(server, { session, credentials });
  return [
    again.info?.resumed
      ? found('extras', 'ok', 'resumption: works')
      : found('extras', 'note', 'resumption: the server does not take its ticket again'),
  ];
}

/** As programs should connect. What refuses them has been told of before, or is told now. */
async function tryCarefully(
  server: Server,
  { trustAnchors, credentials, now, progress }: CheckOptions,
  findings: readonly Finding[],
): Promise<Finding[]> {
  progress('a careful client');
  const verifier = createX509Verifier({ provider: nodeProvider, trustAnchors, onUnreadableAnchor: () => {} });
  const { info, error } = await shakeHands(server, {
    verifier: { ...verifier, verify: (request) => verifier.verify({ ...request, serverName: server.name }) },
    credentials,
    now: () => now.getTime(),
  });
  if (info !== undefined && error === undefined)
    return [found('a client that verifies', 'ok', `connects (${info.version}, ${info.suite.name})`)];
  if (!isWell(findings) || error === undefined) return [];
  return [found('a client that verifies', 'failure', `does not connect: ${error.message}`, explainError(error))];
}
