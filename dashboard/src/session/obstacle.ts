import type { Refusal } from './api.ts';

/** What stands between the wall and the gateway, when that is known: it is not the gateway's fault, and somebody can mend it. */
export type Obstacle =
  | { kind: 'no-websocket' }
  | { kind: 'origin-foreign' }
  | { kind: 'walls-too-many' }
  /** `status` of HTTP, from a proxy or a network that wants one to sign in. */
  | { kind: 'answer-foreign'; status: number };

export function readObstacle({ code, foreignStatus }: Refusal): Obstacle | null {
  if (foreignStatus !== null) return { kind: 'answer-foreign', status: foreignStatus };
  // The gateway was asked for the stream over plain HTTP, and would open it: what asked for a WebSocket never came.
  if (code === 'upgrade-required') return { kind: 'no-websocket' };
  return code === 'origin-foreign' || code === 'walls-too-many' ? { kind: code } : null;
}
