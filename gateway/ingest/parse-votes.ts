/** Bytes → a votes message whose every vote is good, beside the votes that are not; or the reason why it is none. */
import { Type } from 'typebox';
import { Compile } from 'typebox/compile';
import { Epoch, Seq } from '../../protocol/ids.ts';
import {
  Counts,
  MAX_PAYLOAD_BYTES,
  MAX_VOTES_PER_MESSAGE,
  RATINGS,
  Vote,
  VotesMessage,
} from '../../protocol/vote.ts';
import type { QuarantineReason } from './reasons.ts';
import { readUsualForm } from './usual-form.ts';

export type BadVote = { seq: number; reason: QuarantineReason; payload: string };

export type ParsedVotes =
  | { ok: true; message: VotesMessage; bad: readonly BadVote[] }
  | { ok: false; reason: QuarantineReason };

const strict = Compile(VotesMessage);
const voteSchema = Compile(Vote);
/** A message whose votes can at least be told apart. */
const envelope = Compile(
  Type.Object(
    {
      epoch: Epoch,
      votes: Type.Array(Type.Object({ seq: Seq }), { minItems: 1, maxItems: MAX_VOTES_PER_MESSAGE }),
      totals: Counts,
    },
    { additionalProperties: false },
  ),
);

const NONE: readonly BadVote[] = [];

export function parseVotes(payload: Buffer): ParsedVotes {
  const usual = payload.length <= MAX_PAYLOAD_BYTES ? readUsualForm(payload) : null;
  if (usual !== null) return inOrder(usual);
  const parsed = parseJson(payload);
  if (!parsed.ok) return parsed;
  const { value } = parsed;
  if (strict.Check(value)) return inOrder(value);
  if (!envelope.Check(value)) return { ok: false, reason: 'schema-invalid' };
  if (!ascending(value.votes)) return { ok: false, reason: 'sequence-backwards' };

  // A bad vote must not cost its neighbours theirs: it is set aside under its number, the others are taken.
  const votes: Vote[] = [];
  const bad: BadVote[] = [];
  for (const vote of value.votes) {
    if (voteSchema.Check(vote)) votes.push(vote);
    else bad.push({ seq: vote.seq, reason: badVoteReason(vote), payload: textOf(vote) });
  }
  return { ok: true, message: { epoch: value.epoch, votes, totals: value.totals }, bad };
}

function inOrder(message: VotesMessage): ParsedVotes {
  return ascending(message.votes)
    ? { ok: true, message, bad: NONE }
    : { ok: false, reason: 'sequence-backwards' };
}

type ParsedJson = { ok: true; value: unknown } | { ok: false; reason: QuarantineReason };

export function parseJson(payload: Buffer): ParsedJson {
  if (payload.length > MAX_PAYLOAD_BYTES) return { ok: false, reason: 'payload-too-large' };
  try {
    return { ok: true, value: JSON.parse(payload.toString('utf8')) };
  } catch {
    return { ok: false, reason: 'json-invalid' };
  }
}

function ascending(votes: readonly { seq: number }[]): boolean {
  for (let at = 1; at < votes.length; at++)
    if ((votes[at] as { seq: number }).seq <= (votes[at - 1] as { seq: number }).seq) return false;
  return true;
}

/** For the quarantine. JSON can be read nested deeper than it can be written: such a vote must not cost more than itself. */
function textOf(vote: object): string {
  try {
    return JSON.stringify(vote);
  } catch {
    return '"nested too deep to be kept"';
  }
}

function badVoteReason(vote: object): QuarantineReason {
  const otherwiseGood = voteSchema.Check({ ...vote, rating: RATINGS[0] });
  return otherwiseGood ? 'rating-unknown' : 'vote-invalid';
}
