/** What there is to be alerted of, as it is found at a moment. */
import type { AlertKind } from '../../../protocol/alert.ts';

export type AlertDetail = Readonly<Record<string, string | number | boolean | null>>;

/** One alert a cause: of a kind, at a node (`unit:ID`, `window:ID`, `terminal:ID`). */
export type Cause = { kind: AlertKind; node: string };

export type Found = Cause & {
  unitId: string;
  /** `between`: not enough to open, and not yet over; or not known at the moment. */
  state: 'holds' | 'between';
  /** UTC milliseconds. Of what has not ended it stays the same, whoever finds it, however often. */
  begin: number;
  last: number;
  times: number;
  isUrgent: boolean;
  detail: AlertDetail;
};

/** So far as it goes on; nothing is known of it otherwise. */
export type Episode = { begin: number; last: number; times: number };

export const causeOf = ({ kind, node }: Cause): string => `${kind}/${node}`;

/** Nothing is to be opened or closed of it. */
export const undecided = (cause: Cause, unitId: string): Found => ({
  ...{ kind: cause.kind, node: cause.node, unitId, state: 'between', isUrgent: false },
  ...{ begin: 0, last: 0, times: 0, detail: {} },
});
