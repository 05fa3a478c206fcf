/**
 * What has to come of a broken rule, in any version: one error, one alert, and then silence.
 */

import { expect } from 'vitest';
import { type Cut, type Recorder, whole } from '../../src/connection/pair.fixture.ts';
import { concat } from '../../src/core/bytes/bytes.ts';
import type { Case } from './case.ts';
import type { ReceivedAlert, ScriptedPeer } from './scripted-peer.ts';

/** What the cases of all versions say. */
export type Misbehaviour = Pick<Case, 'name' | 'rfc' | 'victim' | 'alert' | 'error' | 'delivered' | 'why'>;

/** A misbehaviour that is the same in several versions; `P` has what the peers of all have. */
export interface SharedCase<P> extends Misbehaviour {
  readonly options?: Pick<
    NonNullable<Case['options']>,
    'clientCertificates' | 'alpnProtocols' | 'recordSizeLimit' | 'maxFragmentLength'
  >;
  readonly break: (peer: P) => void;
}

/** A victim, as the frame sees it. */
export interface End {
  readonly state: string;
  receive(bytes: Uint8Array): void;
  receiveEnd(): void;
  takeOutput(): Uint8Array[];
}

type Counterpart = Pick<ScriptedPeer<unknown>, 'receive' | 'takeOutput' | 'alerts' | 'sendData'>;

/** Carries bytes both ways until nothing moves; `cut` cuts what the victim gets, `received` is told after each piece. */
export function carryBytes(victim: End, peer: Counterpart, cut: Cut = whole, received: () => void = () => {}): void {
  for (;;) {
    const toPeer = concat(...victim.takeOutput());
    peer.receive(toPeer);
    const toVictim = concat(...peer.takeOutput());
    if (toPeer.length === 0 && toVictim.length === 0) return;
    for (const piece of toVictim.length > 0 ? cut(toVictim) : []) {
      victim.receive(piece.slice());
      received();
    }
  }
}

/** The error that the case names, and the alert that goes with it, which is the only fatal one. */
export function expectFault(
  victim: End,
  recorder: Recorder,
  peer: Counterpart,
  { error, alert, delivered = '' }: Misbehaviour,
): void {
  expect(recorder.of('error').map((event) => event.error)).toMatchObject([error]);
  expect(victim.state).toBe('closed');
  expect(peer.alerts.filter(isLast)).toEqual(lastAlerts(alert));
  expect(recorder.error?.alert ?? 'none').toBe(alert);
  expect(new TextDecoder().decode(recorder.data)).toBe(delivered);
}

export const isLast = ({ level, description }: ReceivedAlert) => level === 2 || description === 'close_notify';

/** What a peer gets when the victim ends with `alert`. */
export const lastAlerts = (alert: Misbehaviour['alert']) =>
  alert === 'none' ? [] : [{ level: alert === 'close_notify' ? 1 : 2, description: alert }];

/** Whether nothing is wrong but what the first ClientHello says: not what is done then, as with a certificate of the wrong kind. */
export function isWrongHello({ error }: Pick<Misbehaviour, 'error'>, act: (peer: never) => void): boolean {
  if (error.name === 'CertificateInvalid') return false;
  const places = new Set<unknown>();
  const edit = (place: unknown) => places.add(place);
  const editsAlone = new Proxy(
    { change: edit, changeExtensions: edit },
    {
      get: (edits, key) => {
        if (key in edits) return edits[key as keyof typeof edits];
        throw new Error('more than edits');
      },
    },
  );
  try {
    act(editsAlone as never);
  } catch {
    return false;
  }
  return [...places].join() === 'client_hello';
}

/** After the fault nothing is delivered and nothing is sent, whatever comes. */
export function expectSilence(victim: End, recorder: Recorder, peer: Counterpart): void {
  const events = recorder.events.length;
  peer.sendData('after the fault');
  for (const piece of peer.takeOutput()) victim.receive(piece);
  victim.receive(new Uint8Array(70000));
  victim.receiveEnd();
  expect(recorder.events.slice(events)).toEqual([]);
  expect(recorder.events.at(-1)?.type).toBe('error');
  expect(victim.takeOutput()).toEqual([]);
}

/** A connection in which both sides have said something after the handshake, and no rule was found broken. */
export function expectConversation(
  victim: End & { send(data: Uint8Array): unknown },
  recorder: Recorder,
  peer: Counterpart & { readonly receivedData: Uint8Array },
): void {
  expect([recorder.error, victim.state]).toEqual([undefined, 'connected']);
  peer.sendData('from the peer');
  victim.send(new TextEncoder().encode('from the victim'));
  carryBytes(victim, peer);
  expect(new TextDecoder().decode(recorder.data)).toMatch(/from the peer$/);
  expect(new TextDecoder().decode(peer.receivedData)).toBe('from the victim');
  expect(peer.alerts).toEqual([]);
}
