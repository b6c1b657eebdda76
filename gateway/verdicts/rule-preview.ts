/** What other rules would make of votes that are stored: nothing is written, and votes go on coming meanwhile. */
import type { Verdict } from '../../protocol/verdict.ts';
import { VERDICTS } from '../../protocol/verdict.ts';
import { type Counts, RATINGS } from '../../protocol/vote.ts';
import { createExclusions, type ExcludedSpan } from '../domain/exclusions.ts';
import { readDate } from '../domain/opening-hours/hours-settings.ts';
import { type OrgTree, unitsAbove } from '../domain/org.ts';
import { shareOf } from '../domain/statistics/share.ts';
import { emptyCounts, votesIn } from '../domain/tally.ts';
import { reachOf } from '../domain/verdicts/reach.ts';
import type { RuleSettings } from '../domain/verdicts/rule-settings.ts';
import type { RuleVersion } from '../domain/verdicts/rule-versions.ts';
import { verdictCodesOf } from '../domain/verdicts/verdict-codes.ts';
import { OrgRefusal } from '../store/failures.ts';
import type { VerdictCode } from '../store/ledger.ts';
import type { PublicationReads } from '../store/publications.ts';
import type { RuleReads } from '../store/rules.ts';
import type { PressSpan, StoredPress, VerdictStore } from '../store/verdicts.ts';
import { codeOfVerdict, judgedOf } from './judged.ts';
import { createLocalSpans } from './local-spans.ts';
import { openRuleBook, type RuleBook } from './rule-book.ts';
import { refuseFaulty } from './rule-changes.ts';
import { pathTo, type RulePlace, windowsUnder } from './rule-places.ts';
import { type TouchedPublication, touchedBy } from './touched-publications.ts';

export type PreviewRequest = RulePlace & {
  /** Local dates, YYYY-MM-DD, the last day included: over these days the rules are tried. */
  from: string;
  to: string;
  settings: Partial<RuleSettings>;
};

/** `counts` are what counts, `reasons` how many do not, for each reason. People's exclusions are in neither. */
export type PreviewSide = { counts: Counts; rate: number | null; reasons: Partial<Record<Verdict, number>> };
export type PreviewFigures = { changed: number; before: PreviewSide; after: PreviewSide };
export type PreviewRow = PreviewFigures & { kind: 'unit' | 'window'; id: string; name: string };

export type Preview = PreviewFigures & {
  node: string;
  votes: number;
  windows: number;
  /** Published figures that it is about: they would stay as they are. */
  publications: TouchedPublication[];
  /** Of units and windows where something would be another: the largest change of a rate first. */
  rows: PreviewRow[];
};

export type RulePreviews = {
  /**
   * @param progress is told the share of windows that are done
   * @throws OrgRefusal `preview-busy`, `preview-too-large`, and those of `RuleChanges.add`
   */
  preview(asked: PreviewRequest, progress?: (share: number) => void): Promise<Preview>;
};

export type RulePreviewDeps = {
  rules: RuleReads;
  publications: Pick<PublicationReads, 'heads'>;
  verdicts: Pick<VerdictStore, 'nextPart' | 'presses'>;
  exclusions(): Promise<readonly ExcludedSpan[]>;
  tree: () => OrgTree | Promise<OrgTree>;
  /** The gateway's. */
  timeZone: string;
};

/** Some seconds of work. */
const MOST_VOTES = 500_000;
const MOST_WINDOW_DAYS = 100_000;
const MOST_ROWS = 200;

export function createRulePreviews(deps: RulePreviewDeps): RulePreviews {
  let isBusy = false;
  return {
    async preview(asked, progress = () => {}) {
      if (isBusy)
        throw new OrgRefusal('preview-busy', 'another preview is being made: ask again when it has ended');
      isBusy = true;
      try {
        return await makePreview(deps, asked, progress);
      } finally {
        isBusy = false;
      }
    },
  };
}

async function makePreview(
  { rules, publications, verdicts, exclusions, timeZone, ...deps }: RulePreviewDeps,
  { from, to, settings, ...place }: PreviewRequest,
  progress: (share: number) => void,
): Promise<Preview> {
  if (readDate(from) !== null && readDate(to) !== null && to < from)
    throw new OrgRefusal(
      'rule-span-reversed',
      `it ends on ${to}, before it begins on ${from}: give from, then to`,
    );
  const tree = await deps.tree();
  const node = pathTo(tree, place).at(-1) as string;
  const ground = await rules.ground();
  const { versions } = ground;
  const version = Math.max(0, ...versions.filter(({ nodeId }) => nodeId === node).map((one) => one.version));
  const next: RuleVersion = { nodeId: node, version: version + 1, validFrom: from, validTo: to, settings };
  refuseFaulty(next, versions, tree);
  const [first, last] = [readDate(from) as number, readDate(to) as number];
  const span = createLocalSpans(ground, place, timeZone).spanOf({ validFrom: from, validTo: to });
  const windowKeys = windowsUnder(ground.places, place, span);
  if (windowKeys.length * (last - first + 1) > MOST_WINDOW_DAYS) throw tooLarge();
  const unwritten = { ...next, reason: '', madeAt: 0, madeBy: '' };
  const book = await openRuleBook({
    rules: { ground: async () => ({ ...ground, versions: [...versions, unwritten] }) },
    timeZone,
  });
  const isExcluded = createExclusions(await exclusions()).excludes;
  const sums = new Map<string, Sum>();
  const total = new Sum();
  let read = 0;
  for (const [index, windowKey] of windowKeys.entries()) {
    const concerned = [total, ...sumsAbove(sums, tree, windowKey)];
    for await (const { vote, after } of judgedOtherwise(verdicts, book, windowKey, span)) {
      read += 1;
      if (read > MOST_VOTES) throw tooLarge();
      if (isExcluded({ ...vote, windowKey }, vote.terminalKey)) continue;
      for (const sum of concerned) sum.add(vote, after);
    }
    progress((index + 1) / windowKeys.length);
  }
  return {
    ...{ node, votes: total.votes, windows: windowKeys.length },
    ...total.figures(),
    publications: await touchedBy(publications, tree, place, span),
    rows: rowsOf(sums, tree),
  };
}

const tooLarge = () =>
  new OrgRefusal(
    'preview-too-large',
    `a preview looks at no more than ${MOST_VOTES} votes, and at ${MOST_WINDOW_DAYS} days of windows: name fewer days, or a unit or window`,
  );

/** A part at a time: votes are taken between them. */
async function* judgedOtherwise(
  verdicts: RulePreviewDeps['verdicts'],
  book: Pick<RuleBook, 'rulesOf'>,
  windowKey: number,
  { from, to }: PressSpan,
): AsyncGenerator<{ vote: StoredPress; after: VerdictCode }> {
  const rules = book.rulesOf(windowKey);
  const { backMs, forwardMs } = reachOf(rules.all);
  for (let begin = from; begin <= to; ) {
    const part = await verdicts.nextPart(windowKey, { from: begin, to });
    if (part === null) return;
    const near = { from: part.from - backMs, to: part.to + forwardMs };
    const votes = await verdicts.presses(windowKey, near);
    const codes = verdictCodesOf(
      votes.map((vote) => judgedOf(vote, vote.terminalKey, vote.isPlaced)),
      rules,
    );
    for (const [index, vote] of votes.entries())
      if (vote.at >= part.from && vote.at <= part.to)
        // What two people have decided stays, whatever rules hold.
        yield { vote, after: vote.isDecided ? vote.verdict : codeOfVerdict(codes[index] as Verdict) };
    begin = part.to + 1;
    await new Promise(setImmediate);
  }
}

class Side {
  private readonly counts = emptyCounts();
  private readonly reasons: Partial<Record<Verdict, number>> = {};

  add(rating: number, verdict: VerdictCode): void {
    if (verdict === 0) this.counts[RATINGS[rating] as keyof Counts] += 1;
    else {
      const reason = VERDICTS[verdict] as Verdict;
      this.reasons[reason] = (this.reasons[reason] ?? 0) + 1;
    }
  }

  side(): PreviewSide {
    const { counts, reasons } = this;
    const votes = votesIn(counts);
    return {
      counts,
      rate: votes === 0 ? null : shareOf(counts.satisfied + counts.basically, votes).value,
      reasons,
    };
  }
}

class Sum {
  votes = 0;
  private changed = 0;
  private readonly before = new Side();
  private readonly after = new Side();

  add({ rating, verdict }: StoredPress, after: VerdictCode): void {
    this.votes += 1;
    if (verdict !== after) this.changed += 1;
    this.before.add(rating, verdict);
    this.after.add(rating, after);
  }

  figures(): PreviewFigures {
    return { changed: this.changed, before: this.before.side(), after: this.after.side() };
  }
}

function sumsAbove(sums: Map<string, Sum>, tree: OrgTree, windowKey: number): Sum[] {
  const serviceWindow = tree.windowByKey.get(windowKey);
  if (!serviceWindow) return [];
  const names = [
    `window ${serviceWindow.id}`,
    ...unitsAbove(tree, serviceWindow.unitId).map(({ id }) => `unit ${id}`),
  ];
  return names.map((name) => {
    const sum = sums.get(name) ?? new Sum();
    sums.set(name, sum);
    return sum;
  });
}

function rowsOf(sums: ReadonlyMap<string, Sum>, tree: OrgTree): PreviewRow[] {
  const places = [
    ...tree.units.map(({ id, name }) => ({ kind: 'unit' as const, id, name })),
    ...tree.windows.map(({ id, name }) => ({ kind: 'window' as const, id, name })),
  ];
  return places
    .flatMap((place): PreviewRow[] => {
      const sum = sums.get(`${place.kind} ${place.id}`);
      return sum ? [{ ...place, ...sum.figures() }] : [];
    })
    .filter(({ changed }) => changed > 0)
    .sort((a, b) => moveOf(b) - moveOf(a) || b.changed - a.changed)
    .slice(0, MOST_ROWS);
}

/** Where there is a rate on one side only, nothing has moved further. */
function moveOf({ before, after }: PreviewFigures): number {
  if (before.rate === null || after.rate === null) return before.rate === after.rate ? 0 : 1;
  return Math.abs(after.rate - before.rate);
}
