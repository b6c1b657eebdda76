/** The export of votes for spreadsheets. */
import { CHANNELS } from '../../../protocol/channel.ts';
import { VERDICTS, type Verdict } from '../../../protocol/verdict.ts';
import { CLOCKS, RATINGS } from '../../../protocol/vote.ts';
import { BYTE_ORDER_MARK, csvLine, textCell } from '../../domain/csv.ts';
import type { ExportedVote } from '../../store/votes.ts';

const COLUMNS = [
  'window',
  'windowName',
  'terminal',
  'epoch',
  'seq',
  'rating',
  'at',
  'atTime',
  'clock',
  'receivedAt',
  'receivedAtTime',
  'claimedAt',
  'claimedAtTime',
  'excluded',
  'channel',
  'verdict',
  'origin',
  'key',
];

export type VoteCsvDeps = {
  nameOf: (windowId: string) => string;
  /** A time with its zone. */
  timeOf: (atMs: number) => string;
};

/** The heading, then a part for each page. */
export async function* votesAsCsv(
  pages: AsyncIterable<ExportedVote[]>,
  deps: VoteCsvDeps,
): AsyncGenerator<string> {
  const { nameOf, timeOf } = deps;
  // Few texts, in very many lines.
  const cells = new Map<string, string>();
  const cellOf = (text: string): string => {
    const cell = cells.get(text) ?? textCell(text);
    cells.set(text, cell);
    return cell;
  };
  yield BYTE_ORDER_MARK + csvLine(COLUMNS);
  for await (const page of pages)
    yield page
      .map((vote) =>
        csvLine([
          cellOf(vote.windowId),
          cellOf(nameOf(vote.windowId)),
          cellOf(vote.terminalId ?? ''),
          cellOf(vote.epoch ?? ''),
          vote.seq,
          RATINGS[vote.rating],
          vote.at,
          timeOf(vote.at),
          clockOf(vote),
          vote.receivedAt,
          timeOf(vote.receivedAt),
          vote.claimedAt ?? '',
          vote.claimedAt === null ? '' : timeOf(vote.claimedAt),
          vote.excluded === 1 ? 'true' : 'false',
          CHANNELS[vote.channel],
          verdictOf(vote),
          cellOf(vote.origin ?? ''),
          textCell(vote.key ?? ''),
        ]),
      )
      .join('');
}

/** By which clock its time is: `origin`, where a system says when it was given. */
export const EXPORTED_CLOCKS = [...CLOCKS, 'origin'] as const;

export const clockOf = ({ origin, clock }: Pick<ExportedVote, 'origin' | 'clock'>) =>
  origin === null ? CLOCKS[clock] : 'origin';

/** What it counts for now: what a person has excluded is dismissed, whatever the rules say of it. */
export const verdictOf = ({ excluded, verdict }: Pick<ExportedVote, 'excluded' | 'verdict'>): Verdict =>
  excluded === 1 ? 'dismissed' : (VERDICTS[verdict] as Verdict);
