import type { FastifyPluginCallbackTypebox } from '@fastify/type-provider-typebox';
import { CHANNELS, isPressed } from '../../../protocol/channel.ts';
import {
  MAX_SOURCE_VOTES,
  type SOURCE_REFUSALS,
  SourceAnswer,
  type SourceVote,
  SourceVotes,
} from '../../../protocol/source-votes.ts';
import { RATINGS } from '../../../protocol/vote.ts';
import type { OrgTree } from '../../domain/org.ts';
import type { LinkPrincipal } from '../../domain/principal.ts';
import type { RatingCode } from '../../domain/tally.ts';
import { createTokenBuckets } from '../../domain/token-buckets.ts';
import { CLOCK_TOLERANCE_MS } from '../../domain/vote-time.ts';
import type { ChannelCode } from '../../store/ledger.ts';
import type { GivenVote, TakeOriginVotes } from '../../store/origins.ts';
import { Refusal } from '../border/errors.ts';
import { principalOf } from '../border/guard.ts';
import type { VisibleTree } from '../org/visible-tree.ts';

export type SourceDeps = {
  visibleTree: VisibleTree;
  takeVotes: TakeOriginVotes;
  now: () => number;
  monotonic: () => number;
};

/** Messages a second of one link: 2,000 votes, more than a city's answers to its messages. */
const MESSAGES_PER_S = 20;
const BURST = 40;
/** A card may lie for long before it is typed in. */
const OLDEST_MS = 400 * 86_400_000;

type Code = (typeof SOURCE_REFUSALS)[number];
type Read = { taken: GivenVote } | { code: Code };

/** Votes that are no terminal's, from a system with a link of its own. */
export const sourceRoutes: FastifyPluginCallbackTypebox<SourceDeps> = (
  app,
  { visibleTree, takeVotes, now, monotonic },
  done,
) => {
  const rates = createTokenBuckets<string>(MESSAGES_PER_S, BURST);
  app.post(
    '/votes',
    {
      schema: {
        summary: 'Votes of another system: answers by SMS, phone, card or web',
        description: `Up to ${MAX_SOURCE_VOTES}, each answered: \`stored\`, \`already-stored\` or \`refused\` with a code. What is pressed (\`button\`, \`touch\`) comes from terminals alone: \`channel-pressed\`. Whatever is not answered is sent again, with the same keys: it is stored once. A link's name is the source: a new link of the same name and unit goes on with its keys.`,
        tags: ['votes'],
        body: SourceVotes,
        response: { 200: SourceAnswer },
      },
    },
    async (request): Promise<SourceAnswer> => {
      const { id, name, unitId } = principalOf(request) as LinkPrincipal;
      if (!rates.take(id, monotonic()))
        throw new Refusal(429, 'votes-too-fast', `no more than ${MESSAGES_PER_S} messages a second`, 1);
      const tree = visibleTree(request);
      const read = request.body.votes.map((vote) => readVote(tree, vote, now()));
      const taken = read.flatMap((one) => ('taken' in one ? [one.taken] : []));
      const outcomes = taken.length === 0 ? [] : await takeVotes({ name, unitId }, taken);
      let next = 0;
      return {
        votes: request.body.votes.map(({ key }, index) => {
          const one = read[index] as Read;
          if ('code' in one) return { key, outcome: 'refused' as const, code: one.code };
          const outcome = outcomes[next++];
          if (outcome === 'conflict') return { key, outcome: 'refused' as const, code: 'key-taken' };
          return { key, outcome: outcome === 'stored' ? outcome : ('already-stored' as const), code: null };
        }),
      };
    },
  );
  done();
};

function readVote(tree: OrgTree, vote: SourceVote, now: number): Read {
  const { key, window, channel, rating, at, imputed = false } = vote;
  // Rules and detectors of presses would see nothing of it, and history would tell it among terminals' votes.
  if (isPressed(channel)) return { code: 'channel-pressed' };
  const found = tree.windowById.get(window);
  if (!found) return { code: 'window-unknown' };
  if (at > now + CLOCK_TOLERANCE_MS || at < now - OLDEST_MS) return { code: 'time-impossible' };
  return {
    taken: {
      ...{ key, windowKey: found.key, at },
      channel: CHANNELS.indexOf(channel) as ChannelCode,
      rating: RATINGS.indexOf(rating) as RatingCode,
      ...(imputed && { isImputed: true }),
    },
  };
}
