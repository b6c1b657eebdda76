/** Why one vote counts for what it does: what it is, what rules say of it and by which votes around, and what people have decided since. */
import { CHANNELS, type Channel } from '../../protocol/channel.ts';
import { VERDICTS, type Verdict } from '../../protocol/verdict.ts';
import { CLOCKS, type Clock, RATINGS, type Rating } from '../../protocol/vote.ts';
import { type ExcludedKeys, isWithin } from '../domain/exclusions.ts';
import { holidaysOf } from '../domain/opening-hours/jurisdictions.ts';
import type { OrgTree } from '../domain/org.ts';
import { zoneAt } from '../domain/unit-zones.ts';
import { checkWords, type Words } from '../domain/verdicts/check-words.ts';
import { reachOf } from '../domain/verdicts/reach.ts';
import { type RulesInForce, rulesFor } from '../domain/verdicts/rule-versions.ts';
import { type Check, type Explained, explainVote } from '../domain/verdicts/vote-checks.ts';
import { isSameVote, type Neighbour } from '../domain/verdicts/vote-neighbours.ts';
import type { WindowRules } from '../domain/verdicts/window-rules.ts';
import { OrgRefusal } from '../store/failures.ts';
import type { Exclusion } from '../store/review.ts';
import type { KeptRuleVersion, RuleReads } from '../store/rules.ts';
import type { FoundVote, StoredPress, VerdictStore, VoteIdentity, VoteReview } from '../store/verdicts.ts';
import { conclusionWords } from './explanation-words.ts';
import { clocksOf, createGroundRules } from './ground-rules.ts';
import { judgedOf } from './judged.ts';
import { type Later, laterVersions, type Standing, standingOf } from './vote-standing.ts';

/** Of a terminal, with its journal; or of a system. */
export type NamedVote = { terminal: string | null; epoch: string | null; origin: string | null; seq: number };
export type ExplainedNeighbour = NamedVote & {
  at: number;
  atTime: string;
  /** After the vote that is explained; negative: before it. */
  afterMs: number;
  channel: Channel;
  rating: Rating;
  /** By the rules that hold now. */
  verdict: Verdict;
};
export type ExplainedCheck = Pick<Check, 'rule' | 'outcome'> & {
  figures: Record<string, number>;
  votes: (NamedVote & { role: string })[];
  words: Words;
};
export type ExplainedSetting = { field: string; value: unknown; node: string | null; version: number | null };

export type VoteExplanation = {
  vote: NamedVote & {
    /** Of a system: the unit that it is bound to, and the key that it has given the vote. */
    originUnit: string | null;
    key: string | null;
    window: string;
    windowName: string;
    /** Names from the top of the tree down. */
    path: string[];
    channel: Channel;
    rating: Rating;
    at: number;
    atTime: string;
    clock: Clock;
    receivedAt: number;
    receivedAtTime: string;
    claimedAt: number | null;
  };
  /** What it counts for now, people's decisions included; what is stored by the rules; what these say now of what is stored. */
  verdict: Verdict;
  stored: Verdict;
  byRules: Verdict;
  standing: Standing;
  rules: {
    id: string;
    date: string;
    timeZone: string;
    versions: (Omit<KeptRuleVersion, 'settings' | 'nodeId'> & { node: string; nodeName: string })[];
    settings: ExplainedSetting[];
  };
  checks: ExplainedCheck[];
  neighbours: ExplainedNeighbour[];
  reviews: VoteReview[];
  exclusions: Omit<Exclusion, keyof ExcludedKeys>[];
  /** Versions of the rules that were written after it had come, and what it counted for by each. */
  later: Later[];
  words: Words[];
};

export type VoteExplanations = {
  /** @throws OrgRefusal `vote-unknown`, `origin-unknown` */
  explain(vote: VoteIdentity): Promise<VoteExplanation>;
};

export type VoteExplanationDeps = {
  rules: RuleReads;
  verdicts: Pick<VerdictStore, 'find' | 'presses' | 'journals'>;
  exclusions(): Promise<readonly Exclusion[]>;
  tree: () => OrgTree | Promise<OrgTree>;
  /** The gateway's. */
  timeZone: string;
};

export function createVoteExplanations(deps: VoteExplanationDeps): VoteExplanations {
  const { rules, verdicts } = deps;
  const place = { timeZone: deps.timeZone, holidaysOf };

  return {
    async explain(identity) {
      const found = await verdicts.find(identity);
      const tree = await deps.tree();
      const serviceWindow = found ? tree.windowByKey.get(found.windowKey) : undefined;
      if (!found || !serviceWindow) throw unknown(identity);
      const ground = await rules.ground();
      const { versions } = ground;
      const places = createGroundRules(ground, place);
      const path = places.pathAt(found.windowKey, found.at);
      const timeZone = zoneAt(places.zonesOf({ kind: 'window', key: found.windowKey }), found.at);
      const { calendar, zoned: timeOf } = clocksOf(timeZone);
      const rulesBy = (some: readonly KeptRuleVersion[]): WindowRules =>
        createGroundRules({ ...ground, versions: some }, place).of(found.windowKey);
      const windowRules = rulesBy(versions);
      const presses = await pressesAround(verdicts, found, windowRules);
      const votes = presses.map((press) => judgedOf(press, press.terminalKey, press.isPlaced));
      const self = { sourceKey: found.journalKey, seq: found.seq };
      const explained = explainVote(votes, self, windowRules);
      if (explained === null) throw unknown(identity);

      const date = calendar.nameOf(calendar.dayOf(found.at));
      const inForce = rulesFor(path, date, versions);
      const exclusions = (await deps.exclusions()).filter((span) => isWithin(span, found, found.terminalKey));
      const later = await laterVersions({ versions, path, date, votes, self, rulesBy, found });
      const standing = standingOf({
        ...{ found, explained, rules: windowRules },
        hasNotices: inForce.settings.hours?.jurisdiction != null,
      });
      const journals = await verdicts.journals([...new Set(explained.neighbourhood.all.map(keyOf))]);
      const nameOf = ({ sourceKey, seq }: { sourceKey: number; seq: number }): NamedVote => {
        const { terminalId = null, epoch = null, origin = null } = journals.get(sourceKey) ?? {};
        return { terminal: terminalId, epoch, origin, seq };
      };
      const at = (atMs: number) => timeOf(atMs).slice(11, 23);
      const byKey = new Map(presses.map((press) => [`${press.journalKey}/${press.seq}`, press]));
      const words = checkWords(explained, {
        nameOf: (vote) => {
          const { terminal, origin, seq } = nameOf(vote);
          const other = byKey.get(`${vote.sourceKey}/${vote.seq}`);
          return `${terminal ?? origin}#${seq}${other ? ` ${at(other.at)}` : ''}`;
        },
        clockOf: (atMs) => timeOf(atMs).slice(11, 19),
        graceMinutes: {
          before: inForce.settings.hours?.graceBeforeMinutes ?? 0,
          after: inForce.settings.hours?.graceAfterMinutes ?? 0,
        },
      });
      const stored = VERDICTS[found.byRules] as Verdict;
      const decided = VERDICTS[found.verdict] as Verdict;
      const explanation: Omit<VoteExplanation, 'words'> = {
        vote: {
          ...namesOf(identity),
          seq: found.seq,
          ...{ window: serviceWindow.id, windowName: serviceWindow.name },
          path: [...(tree.pathOf.get(serviceWindow.unitId) ?? [])],
          ...faceOf(found),
          ...{ at: found.at, atTime: timeOf(found.at), clock: CLOCKS[found.clock] as Clock },
          ...{ receivedAt: found.receivedAt, receivedAtTime: timeOf(found.receivedAt) },
          claimedAt: found.claimedAt,
        },
        verdict: exclusions.some(({ endedAt }) => endedAt === null) ? 'dismissed' : decided,
        ...{ stored, byRules: explained.judgement.code, standing },
        rules: {
          ...{ id: explained.rules.id, date, timeZone },
          versions: versionsOf(inForce, versions, tree),
          settings: settingsOf(inForce),
        },
        checks: explained.checks.map(({ rule, outcome, figures, votes: named }, index) => ({
          ...{ rule, outcome, figures: { ...figures } },
          votes: named.map(({ role, ...vote }) => ({ ...nameOf(vote), role })),
          words: words[index] as Words,
        })),
        neighbours: neighboursOf(explained).map(({ vote, judgement }) => ({
          ...nameOf(vote),
          ...{ at: vote.at, atTime: timeOf(vote.at), afterMs: vote.at - found.at },
          ...faceOf(byKey.get(`${vote.sourceKey}/${vote.seq}`) ?? found),
          verdict: judgement.code,
        })),
        reviews: found.reviews.map((review) => ({ ...review })),
        exclusions: exclusions.map(
          ({ terminalKey: _, originKey: __, windowKey: ___, ...exclusion }) => exclusion,
        ),
        later,
      };
      return { ...explanation, words: conclusionWords(explanation, timeOf) };
    },
  };
}

const keyOf = ({ vote }: Neighbour) => vote.sourceKey;

const faceOf = ({ channel, rating }: StoredPress) => ({
  channel: CHANNELS[channel] as Channel,
  rating: RATINGS[rating] as Rating,
});

const namesOf = (vote: VoteIdentity) =>
  'key' in vote
    ? { terminal: null, epoch: null, origin: vote.origin.name, originUnit: vote.origin.unitId, key: vote.key }
    : { terminal: vote.terminalId, epoch: vote.epoch, origin: null, originUnit: null, key: null };

const unknown = (vote: VoteIdentity) =>
  new OrgRefusal(
    'vote-unknown',
    'key' in vote
      ? `no vote of ${vote.origin.name} is stored under the key ${vote.key}: list stored votes (GET /api/v1/votes)`
      : `no vote is stored under ${vote.terminalId}/${vote.epoch}/${vote.seq}: look at what is held (manyi quarantine held, GET /api/v1/held), or list stored votes (GET /api/v1/votes)`,
  );

async function pressesAround(
  verdicts: VoteExplanationDeps['verdicts'],
  { windowKey, at }: FoundVote,
  rules: WindowRules,
): Promise<StoredPress[]> {
  const { backMs, forwardMs } = reachOf(rules.all);
  // What its neighbours count for is told too, and depends on theirs.
  return verdicts.presses(windowKey, { from: at - 2 * backMs, to: at + 2 * forwardMs });
}

/** Those that a check names, by time. */
function neighboursOf({ checks, neighbourhood }: Explained): Neighbour[] {
  const named = checks.flatMap(({ votes }) => votes);
  return neighbourhood.all.filter(
    ({ vote }, index) => index !== neighbourhood.index && named.some((one) => isSameVote(one, vote)),
  );
}

function versionsOf(
  { id }: RulesInForce,
  versions: readonly KeptRuleVersion[],
  tree: OrgTree,
): VoteExplanation['rules']['versions'] {
  const inForce = new Set(id.split(' '));
  return versions
    .filter(({ nodeId, version }) => inForce.has(`${nodeId}@${version}`))
    .map(({ nodeId, settings: _, ...version }) => ({
      ...{ node: nodeId, nodeName: nodeNameOf(nodeId, tree) },
      ...version,
    }));
}

function nodeNameOf(node: string, tree: OrgTree): string {
  const id = node.slice(node.indexOf(':') + 1);
  return (node.startsWith('unit:') ? tree.unitById.get(id)?.name : tree.windowById.get(id)?.name) ?? '';
}

const settingsOf = ({ settings, origins }: RulesInForce): ExplainedSetting[] =>
  Object.entries(settings).map(([field, value]) => {
    const origin = origins[field as keyof typeof origins];
    return { field, value, node: origin?.nodeId ?? null, version: origin?.version ?? null };
  });
