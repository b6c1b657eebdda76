import { type Command, InvalidArgumentError, Option } from 'commander';
import { MAX_VOTES_PER_EPOCH, TERMINAL_ID_PATTERN } from '../../../protocol/ids.ts';
import { buildTree } from '../../domain/org.ts';
import type { VoteIdentity } from '../../store/verdicts.ts';
import { createVoteExplanations } from '../../verdicts/vote-explanation.ts';
import { zone } from '../options.ts';
import { show, showNote } from '../output.ts';
import type { WithStore } from '../with-store.ts';

const LANGUAGES = ['zh', 'en'] as const;
const EPOCH = '^[0-9a-f]{32}$';
type Asked = {
  language: (typeof LANGUAGES)[number];
  timeZone: string;
  origin?: string;
  originUnit?: string;
  key?: string;
};

/** What one vote counts for and why, to be checked by a person. */
export function registerExplainCommand(votes: Command, withStore: WithStore): void {
  votes
    .command('explain')
    .description(
      'what one vote counts for, and why: each rule, the votes around it, and what people have decided',
    )
    .argument('[terminal]', 'the terminal', matching(TERMINAL_ID_PATTERN, 'the id of a terminal'))
    .argument('[epoch]', 'its journal', matching(EPOCH, '32 hexadecimal digits'))
    .argument('[seq]', 'the number in the journal', checkSeq)
    .option('--origin <name>', 'of another system: the name of its `source` link')
    .option('--origin-unit <id>', 'the unit that its link is bound to, if it is')
    .option('--key <key>', 'what the system calls the vote')
    .addOption(new Option('--language <language>', 'zh or en').choices([...LANGUAGES]).default('en'))
    .addOption(zone())
    .action(
      (terminalId: string | undefined, epoch: string | undefined, seq: number | undefined, asked: Asked) => {
        const { language, timeZone } = asked;
        const vote = identityOf({ terminalId, epoch, seq }, asked);
        if (vote === null)
          return votes.error(
            'say TERMINAL EPOCH SEQ; or, of another system, --origin NAME (--origin-unit) --key KEY',
          );
        return withStore.reading(async ({ rules, verdicts, review, org }, json) => {
          const explanations = createVoteExplanations({
            ...{ rules, verdicts, exclusions: review.exclusions, timeZone },
            tree: async () => buildTree(await org.units(), await org.windows(), await org.terminals()),
          });
          const { words, ...told } = await explanations.explain(vote);
          if (json) return show([{ ...told, words }], json);
          for (const sentence of words) showNote(sentence[language]);
          if (told.neighbours.length > 0) show(told.neighbours.map(row), json);
        });
      },
    );
}

type Numbered = { terminalId: string | undefined; epoch: string | undefined; seq: number | undefined };

function identityOf(
  { terminalId, epoch, seq }: Numbered,
  { origin, originUnit, key }: Asked,
): VoteIdentity | null {
  if (terminalId === undefined)
    return origin === undefined || key === undefined
      ? null
      : { origin: { name: origin, unitId: originUnit ?? null }, key };
  const isOfSystem = origin !== undefined || originUnit !== undefined || key !== undefined;
  return epoch === undefined || seq === undefined || isOfSystem ? null : { terminalId, epoch, seq };
}

type Neighbour = Awaited<
  ReturnType<ReturnType<typeof createVoteExplanations>['explain']>
>['neighbours'][number];

const row = ({ terminal, epoch, origin, seq, atTime, afterMs, channel, rating, verdict }: Neighbour) => ({
  ...{
    terminal: terminal ?? origin,
    epoch,
    seq,
    pressed: atTime,
    'after it, s': afterMs / 1_000,
    channel,
    rating,
    verdict,
  },
});

const matching = (pattern: string, what: string) => (text: string) => {
  if (!new RegExp(pattern).test(text)) throw new InvalidArgumentError(what);
  return text;
};

function checkSeq(text: string): number {
  const seq = Number(text);
  if (!/^\d{1,10}$/.test(text) || seq < 1 || seq > MAX_VOTES_PER_EPOCH)
    throw new InvalidArgumentError(`a whole number from 1 to ${MAX_VOTES_PER_EPOCH}`);
  return seq;
}
