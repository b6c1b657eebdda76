/**
 * What each vote of a window counts for by the default rules, counted by hand: the words of `gateway/domain/verdicts/README.md`, one loop
 * a sentence, over all votes at once. It shares no line with the gateway, and is slow.
 */
export type OracleVote = {
  source: number;
  seq: number;
  rating: number;
  at: number;
  /** Null: nothing was pressed. */
  device: number | null;
  boot: string;
  mono: number;
  isTimed: boolean;
};

const [INTERVAL_MS, CHANGE_OF_MIND_MS] = [5_000, 3_000];
const [BURST_PRESSES, BURST_SPAN_MS] = [4, 20_000];
const [STUCK_PRESSES, STUCK_VARIATION, STUCK_GAP_MS] = [10, 0.1, 60_000];
/** Time is cut into spans of twelve intervals. */
const SPAN_MS = 12 * INTERVAL_MS;

type Word = 'counted' | 'too-soon' | 'superseded' | 'burst' | 'stuck';

/** @returns in the order of `votes`. */
export function verdictsByHand(votes: readonly OracleVote[]): Word[] {
  const words = new Map<OracleVote, Word>(votes.map((vote) => [vote, 'counted']));
  const byTime = (a: OracleVote, b: OracleVote) =>
    a.at - b.at ||
    a.source - b.source ||
    Number(a.boot > b.boot) - Number(a.boot < b.boot) ||
    a.mono - b.mono ||
    a.seq - b.seq;
  const pressed = votes.filter(({ device }) => device !== null).sort(byTime);
  const trackOf = ({ device, boot, isTimed }: OracleVote) => `${device} ${boot} ${isTimed}`;

  for (const button of groupsBy(pressed, (vote) => `${trackOf(vote)} ${vote.rating}`))
    for (let start = 0; start + STUCK_PRESSES <= button.length; start++) {
      const run = button.slice(start, start + STUCK_PRESSES);
      if (isRegular(run)) for (const vote of run) words.set(vote, 'stuck');
    }

  const citizens = pressed.filter((vote) => words.get(vote) !== 'stuck');
  for (const track of groupsBy(citizens, trackOf)) sitDown(track, words);

  const timed = citizens.filter(({ isTimed }) => isTimed);
  let hasKept = false;
  const wouldCount = timed.map((vote) => words.get(vote) === 'counted');
  timed.forEach((vote, at) => {
    const starts = [4, 3, 2, 1, 0].map((back) => at - back).filter((start) => start >= 0);
    const start = starts.find((from) => {
      const last = timed[from + BURST_PRESSES];
      return last !== undefined && last.at - (timed[from] as OracleVote).at <= BURST_SPAN_MS;
    });
    if (start === undefined || start === at) hasKept = false;
    if (start === undefined || !wouldCount[at]) return;
    if (hasKept) words.set(vote, 'burst');
    hasKept = true;
  });
  return votes.map((vote) => words.get(vote) as Word);
}

/** Of what two clocks say, the longer. */
const between = (a: OracleVote, b: OracleVote) => Math.max(b.at - a.at, Math.abs(b.mono - a.mono));

/** The deviation of the gaps is less than a tenth of their mean: in whole numbers, so that nothing is rounded. */
function isRegular(run: readonly OracleVote[]): boolean {
  const gaps = run.slice(1).map((vote, at) => between(run[at] as OracleVote, vote));
  if (gaps.some((gap) => gap > STUCK_GAP_MS)) return false;
  const sum = gaps.reduce((all, gap) => all + BigInt(gap), 0n);
  const squares = gaps.reduce((all, gap) => all + BigInt(gap) * BigInt(gap), 0n);
  const part = BigInt(Math.round(1 / STUCK_VARIATION));
  return (BigInt(gaps.length) * squares - sum * sum) * part * part < sum * sum;
}

function sitDown(track: readonly OracleVote[], words: Map<OracleVote, Word>): void {
  let kept: OracleVote | null = null;
  let before: OracleVote | null = null;
  let [wasCorrected, busySince] = [false, 0];
  for (const vote of track) {
    const pause: number = before === null ? Number.POSITIVE_INFINITY : between(before, vote);
    const isPause = pause >= INTERVAL_MS && pause > CHANGE_OF_MIND_MS;
    const spanStart = Math.floor(vote.at / SPAN_MS) * SPAN_MS;
    const isFirstOfSpan = before !== null && before.at < spanStart;
    if (isPause) busySince = vote.at;
    const sinceKept: number = kept === null ? Number.POSITIVE_INFINITY : between(kept, vote);
    if (kept === null || isPause || (isFirstOfSpan && busySince < spanStart - SPAN_MS)) {
      [kept, wasCorrected] = [vote, false];
    } else if (!wasCorrected && kept.rating !== vote.rating && sinceKept <= CHANGE_OF_MIND_MS) {
      words.set(kept, 'superseded');
      [kept, wasCorrected] = [vote, true];
    } else if (sinceKept < INTERVAL_MS) words.set(vote, 'too-soon');
    else [kept, wasCorrected] = [vote, false];
    before = vote;
  }
}

function groupsBy<T>(all: readonly T[], nameOf: (one: T) => string): T[][] {
  const groups = new Map<string, T[]>();
  for (const one of all) groups.set(nameOf(one), [...(groups.get(nameOf(one)) ?? []), one]);
  return [...groups.values()];
}
