/** A vote as the rules see it. */
import { CHANNELS } from '../../protocol/channel.ts';
import { VERDICTS, type Verdict } from '../../protocol/verdict.ts';
import { CLOCKS } from '../../protocol/vote.ts';
import type { JudgedVote } from '../domain/verdicts/judged-vote.ts';
import type { ChannelCode, VerdictCode, VoteRecord } from '../store/ledger.ts';

const ESTIMATED = CLOCKS.indexOf('estimated');
/** Something was pressed. What comes by the others was sent or said, each by itself. */
const PRESSED = new Set(['button', 'touch']);
const isPressed = CHANNELS.map((channel) => PRESSED.has(channel));

export type Pressed = Pick<
  VoteRecord,
  'journalKey' | 'seq' | 'channel' | 'rating' | 'at' | 'clock' | 'boot' | 'mono'
>;

/** @param isPlaced the gateway or a person has placed it where it is */
export const judgedOf = (vote: Pressed, terminalKey: number, isPlaced: boolean): JudgedVote => ({
  sourceKey: vote.journalKey,
  seq: vote.seq,
  rating: vote.rating,
  at: vote.at,
  isTimed: vote.clock !== ESTIMATED && !isPlaced,
  device: isPressed[vote.channel as ChannelCode] ? terminalKey : null,
  boot: vote.boot,
  mono: vote.mono,
  heldMs: null,
  isTest: false,
  isImputed: false,
});

const CODES = new Map(VERDICTS.map((verdict, code) => [verdict, code as VerdictCode]));
export const codeOfVerdict = (verdict: Verdict): VerdictCode => CODES.get(verdict) as VerdictCode;
