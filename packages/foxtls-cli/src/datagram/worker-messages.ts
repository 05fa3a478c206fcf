/** What a worker of `foxtls dtls-server` begins with, and what it tells the main thread. */

import type { DispatcherPlace } from 'foxtls/dtls';
import type { Facts } from '../command/report.ts';
import type { ServerPlan } from './dtls-serving.ts';

export interface WorkerStart {
  readonly plan: ServerPlan;
  readonly place: DispatcherPlace;
}

export type FromWorker =
  | { readonly type: 'ready' }
  | { readonly type: 'say'; readonly line: string; readonly facts: Facts }
  | { readonly type: 'explain' | 'complain'; readonly line: string };
