import { expect, it } from 'vitest';
import { LIMITS, resolveLimits } from './limits.ts';

it('the limits have the documented defaults; a change to one is a change for every user', () => {
  expect(resolveLimits()).toMatchInlineSnapshot(`
    {
      "heartbeats": 16,
      "keyUpdatesInARow": 32,
      "maxEarlyDataSkipped": 32768,
      "maxEmptyRecords": 32,
      "maxHandshakeMessage": 131396,
      "queuedInput": 65536,
      "queuedInputOverrun": 1048576,
      "renegotiations": 3,
      "warningAlerts": 4,
    }
  `);
  expect(resolveLimits()).toEqual(LIMITS);
});

it('some limits are changed and the others stay', () => {
  expect(resolveLimits({ maxEarlyDataSkipped: 0 })).toEqual({ ...LIMITS, maxEarlyDataSkipped: 0 });
  expect(Object.isFrozen(resolveLimits({ warningAlerts: 7 }))).toBe(true);
});

it.each([
  ['maxHandshakeMessage', 1023],
  ['maxHandshakeMessage', 2 ** 24],
  ['maxEmptyRecords', 0],
  ['keyUpdatesInARow', 0],
  ['warningAlerts', -1],
  ['queuedInput', 0.5],
  ['maxEarlyDataSkipped', Number.POSITIVE_INFINITY],
] as const)('%s cannot be %s', (name, value) => {
  expect(() => resolveLimits({ [name]: value })).toThrow(
    expect.objectContaining({ code: 'ERR_TLS_OPTION_RANGE', message: expect.stringContaining(name) }),
  );
});

it('a limit that is none is refused, so that a slip of the pen does not go unnoticed', () => {
  const changed = { maxHandshakeMesage: 1 } as object;
  expect(() => resolveLimits(changed)).toThrow(expect.objectContaining({ code: 'ERR_TLS_UNKNOWN_NAME' }));
});
