/**
 * Flows: generators that read downward and may wait, driven synchronously or asynchronously by whoever runs them.
 *
 * A flow never awaits. It yields what it waits for; a value that is there already costs no suspension, so the same flow is wholly
 * synchronous over a synchronous provider. What else a flow may yield (a handshake message, for instance) is its driver's affair.
 */

import { ApiMisuse } from '../errors/errors.ts';

/** A value that may come later. */
export type Eventually<T> = T | PromiseLike<T>;

/** A generator that returns `T` and may yield promises, or requests of kind `Request`, on its way. */
export type Flow<T, Request = never> = Generator<PromiseLike<unknown> | Request, T, unknown>;

/** Whether a value is to be waited for. */
export function isThenable(value: unknown): value is PromiseLike<unknown> {
  return (
    (typeof value === 'object' || typeof value === 'function') &&
    value !== null &&
    typeof (value as { then?: unknown }).then === 'function'
  );
}

/** Waits for a value inside a flow; does not suspend when it is there already. */
export function* settle<T>(value: Eventually<T>): Flow<T> {
  if (!isThenable(value)) return value;
  // The driver resumes with what the promise settled to, or throws its rejection into the flow.
  return (yield value) as T;
}

/** Runs a flow to its end without waiting. Throws `ApiMisuse` if the flow has to wait. */
export function runSync<T>(flow: Flow<T>): T {
  const step = flow.next();
  if (step.done === true) return step.value;
  // The promise is dropped: mark it handled, so that its rejection is not reported a second time.
  step.value.then(undefined, () => {});
  flow.return(undefined as T);
  throw new ApiMisuse(
    'ERR_TLS_ASYNC_REQUIRED',
    'this provider answers asynchronously: use the asynchronous form of this function',
  );
}

/** Runs a flow, returning its value directly when it never had to wait, and a promise otherwise. */
export function run<T>(flow: Flow<T>): Eventually<T> {
  const step = flow.next();
  return step.done === true ? step.value : continueAsync(flow, step.value);
}

/** Runs a flow to its end, awaiting whatever it yields. */
export async function runAsync<T>(flow: Flow<T>): Promise<T> {
  return run(flow);
}

async function continueAsync<T>(flow: Flow<T>, first: PromiseLike<unknown>): Promise<T> {
  let pending = first;
  for (;;) {
    const step = await resumeWhenSettled(flow, pending);
    if (step.done === true) return step.value;
    pending = step.value;
  }
}

async function resumeWhenSettled<T>(
  flow: Flow<T>,
  pending: PromiseLike<unknown>,
): Promise<IteratorResult<PromiseLike<unknown>, T>> {
  let value: unknown;
  try {
    value = await pending;
  } catch (error) {
    return flow.throw(error);
  }
  return flow.next(value);
}
