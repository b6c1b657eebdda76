import { type Command, InvalidArgumentError, Option } from 'commander';
import { MAX_VOTES_PER_EPOCH, TERMINAL_ID_PATTERN } from '../../../protocol/ids.ts';
import { buildTree } from '../../domain/org.ts';
import { createVoteExplanations } from '../../verdicts/vote-explanation.ts';
import { zone } from '../options.ts';
import { show, showNote } from '../output.ts';
import type { WithStore } from '../with-store.ts';

const LANGUAGES = ['zh', 'en'] as const;
const EPOCH = '^[0-9a-f]{32}$';
type Asked = { language: (typeof LANGUAGES)[number]; timeZone: string };

/** What one vote counts for and why, to be checked by a person. */
export function registerExplainCommand(votes: Command, withStore: WithStore): void {
  votes
    .command('explain')
    .description(
      'what one vote counts for, and why: each rule, the votes around it, and what people have decided',
    )
    .argument('<terminal>', 'the terminal', matching(TERMINAL_ID_PATTERN, 'the id of a terminal'))
    .argument('<epoch>', 'its journal', matching(EPOCH, '32 hexadecimal digits'))
    .argument('<seq>', 'the number in the journal', checkSeq)
    .addOption(new Option('--language <language>', 'zh or en').choices([...LANGUAGES]).default('en'))
    .addOption(zone())
    .action((terminalId: string, epoch: string, seq: number, { language, timeZone }: Asked) =>
      withStore.reading(async ({ rules, verdicts, review, org }, json) => {
        const explanations = createVoteExplanations({
          ...{ rules, verdicts, exclusions: review.exclusions, timeZone },
          tree: async () => buildTree(await org.units(), await org.windows(), await org.terminals()),
        });
        const { words, ...told } = await explanations.explain({ terminalId, epoch, seq });
        if (json) return show([{ ...told, words }], json);
        for (const sentence of words) showNote(sentence[language]);
        if (told.neighbours.length > 0) show(told.neighbours.map(row), json);
      }),
    );
}

type Neighbour = Awaited<
  ReturnType<ReturnType<typeof createVoteExplanations>['explain']>
>['neighbours'][number];

const row = ({ terminal, epoch, seq, atTime, afterMs, channel, rating, verdict }: Neighbour) => ({
  ...{ terminal, epoch, seq, pressed: atTime, 'after it, s': afterMs / 1_000, channel, rating, verdict },
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
