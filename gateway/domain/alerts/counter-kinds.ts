/**
 * Alerts that whoever may stand at a counter is told of, where votes are shown there in steps: of machines, of votes on their way and of what
 * waits for a person. One that rests on votes opens or closes by what a single citizen has pressed, and with few of them even the hour says
 * who that was.
 */
import { ALERT_KINDS, type AlertKind } from '../../../protocol/alert.ts';

/** They rest on votes. */
export const VOTE_KINDS: readonly AlertKind[] = ['unsatisfied', 'unsatisfied-rising', 'rate-under-target'];

/** What somebody is told of: a unit and what is below it, or all (null); where votes are shown in steps, only what stands at a counter. */
export type AlertScope = { unitId: string | null; isHeldBack: boolean };

export const isToldIn = ({ isHeldBack }: AlertScope, kind: AlertKind): boolean =>
  !isHeldBack || COUNTER_KINDS.includes(kind);

export const COUNTER_KINDS: readonly AlertKind[] = ALERT_KINDS.filter((kind) => !VOTE_KINDS.includes(kind));
