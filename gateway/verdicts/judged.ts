/** A vote as the rules see it. */
import { CHANNELS, isPressed } from '../../protocol/channel.ts';
import { VERDICTS, type Verdict } from '../../protocol/verdict.ts';
import { CLOCKS } from '../../protocol/vote.ts';
import { codeOfItself } from '../domain/verdicts/facts.ts';
import type { JudgedVote } from '../domain/verdicts/judged-vote.ts';
import type { WindowRules } from '../domain/verdicts/window-rules.ts';
import type { ChannelCode, VerdictCode, VoteRecord } from '../store/ledger.ts';

const ESTIMATED = CLOCKS.indexOf('estimated');
const IMPUTED = VERDICTS.indexOf('imputed') as VerdictCode;
const PRESSED = CHANNELS.map(isPressed);

export type Pressed = Pick<
  VoteRecord,
  'journalKey' | 'seq' | 'channel' | 'rating' | 'at' | 'clock' | 'boot' | 'mono'
> & {
  /** What is stored of it by the rules. That a system gave it, no rule says, and none takes back. */
  byRules?: VerdictCode;
};

/** @param isPlaced the gateway or a person has placed it where it is */
export const judgedOf = (vote: Pressed, terminalKey: number | null, isPlaced: boolean): JudgedVote => ({
  sourceKey: vote.journalKey,
  seq: vote.seq,
  rating: vote.rating,
  at: vote.at,
  isTimed: vote.clock !== ESTIMATED && !isPlaced,
  device: PRESSED[vote.channel as ChannelCode] ? terminalKey : null,
  boot: vote.boot,
  mono: vote.mono,
  heldMs: null,
  isTest: false,
  isImputed: vote.byRules === IMPUTED,
});

/** Of a vote for which nothing was pressed: what is true of it alone. */
export function verdictAlone(
  rules: WindowRules,
  vote: Pick<VoteRecord, 'channel' | 'rating' | 'at'> & { isImputed?: boolean },
): VerdictCode {
  const alone = { ...vote, journalKey: 0, seq: 0, clock: 0 as const, boot: '', mono: 0 };
  const judged = { ...judgedOf(alone, null, false), isImputed: vote.isImputed === true };
  return codeOfVerdict(codeOfItself(judged, rules.at(vote.at)) ?? 'counted');
}

const CODES = new Map(VERDICTS.map((verdict, code) => [verdict, code as VerdictCode]));
export const codeOfVerdict = (verdict: Verdict): VerdictCode => CODES.get(verdict) as VerdictCode;
