/** What people publish, correct and withdraw, at the command line and over HTTP alike; and how far it is from the figures of today. */
import { createHash, randomBytes } from 'node:crypto';
import type { FigureRules, SpanFigures } from '../../protocol/score.ts';
import { readReason, readTitle } from '../audit/reasons.ts';
import { writeActor } from '../domain/actor.ts';
import { canonicalJson } from '../domain/canonical-json.ts';
import type { OrgTree } from '../domain/org.ts';
import { type Asked, readAsked } from '../domain/periods/asked.ts';
import { zoneThrough } from '../domain/periods/zone-through.ts';
import {
  type Cause,
  causesOf,
  comparedOf,
  isSameFigures,
  type PlaceDifference,
  PUBLICATION_ADDED,
  type PublishedBody,
  type PublishedHead,
  type PublishedNode,
} from '../domain/publications.ts';
import type { TreeNode } from '../domain/tree-then.ts';
import { erasWithin, type ZoneEra, zoneAt } from '../domain/unit-zones.ts';
import type { By } from '../store/changes.ts';
import { OrgRefusal } from '../store/failures.ts';
import type { HistoryStore } from '../store/history.ts';
import type { PublicationHead, PublicationStore, Withdrawal } from '../store/publications.ts';
import type { KeptRuleVersion, RuleReads } from '../store/rules.ts';
import { clocksOf } from '../verdicts/ground-rules.ts';
import { unitNode, windowNode } from '../verdicts/rule-nodes.ts';
import { pathTo, type RulePlace, windowsBelow } from '../verdicts/rule-places.ts';
import { readFigures } from './published-figures.ts';

export type NewPublication = RulePlace & { period: Asked; title: string; reason: string };
export type ListedPublication = PublishedHead & { sha256: string; withdrawal: Withdrawal | null };

export type Today = {
  differs: boolean;
  causes: Cause[];
  total: PlaceDifference | null;
  /** How many windows differ, and the first of them. */
  windowsDiffering: number;
  windows: (PlaceDifference & { id: string; name: string })[];
  /** Versions of the rules for days of the period that were written after it was published. */
  rules: { node: string; version: number; madeAt: number; madeBy: string; reason: string }[];
};
export type ShownPublication = ListedPublication & {
  /** It is what its hash says. */
  isIntact: boolean;
  versions: number[];
  body: PublishedBody;
  /** Null where the place is there no more. */
  today: Today | null;
};

export type Publications = {
  /** Newest first. */
  list(): Promise<ListedPublication[]>;
  /** @throws OrgRefusal `publication-unknown` */
  show(id: string, version?: number): Promise<ShownPublication>;
  /**
   * @throws PeriodRefusal; OrgRefusal `unit-unknown`, `window-unknown`, `reason-invalid`, `publication-open`, `publication-unsettled`,
   * `publication-too-large`, `publications-too-many`, `publication-exists`, `text-invalid`
   */
  publish(by: By, asked: NewPublication): Promise<ListedPublication>;
  /** The same place and period as it is now, as the next version. @throws as `publish`, `publication-unknown`, `publication-version-taken` */
  correct(by: By, id: string, reason: string): Promise<ListedPublication>;
  /** It stays to be seen. @throws OrgRefusal `publication-unknown`, `publication-withdrawn`, `reason-invalid` */
  withdraw(by: By, id: string, version: number, reason: string): Promise<Withdrawal>;
};

export type PublicationsDeps = {
  store: PublicationStore;
  history: Pick<HistoryStore, 'sums'>;
  rules: RuleReads;
  figures: () => FigureRules | Promise<FigureRules>;
  dataRevision: () => string;
  tree: () => OrgTree | Promise<OrgTree>;
  /** In which time zone a unit or window lies, through time. */
  zonesOf(node: TreeNode): readonly ZoneEra[] | Promise<readonly ZoneEra[]>;
  now: () => number;
};

const MOST_PUBLICATIONS = 10_000;
const MOST_SHOWN = 200;

export function createPublications(deps: PublicationsDeps): Publications {
  const { store, history, rules, zonesOf, now } = deps;

  const listed = async (): Promise<ListedPublication[]> =>
    (await store.heads()).map(({ head, sha256, withdrawal }) => ({
      ...(JSON.parse(head) as PublishedHead),
      ...{ sha256, withdrawal },
    }));
  const versionsOf = async (id: string): Promise<ListedPublication[]> => {
    const own = (await listed()).filter((one) => one.id === id);
    if (own.length === 0)
      throw new OrgRefusal('publication-unknown', `there is no publication ${id}: list them`);
    return own.sort((a, b) => a.version - b.version);
  };

  const add = async (
    by: By,
    given: Pick<PublishedHead, 'id' | 'version' | 'title' | 'corrects'> & RulePlace & { reason: string },
    period: PublishedHead['period'],
  ): Promise<ListedPublication> => {
    const reason = readReason(given.reason);
    const title = readTitle(given.title, 'title');
    const tree = await deps.tree();
    const place: RulePlace = { unit: given.unit, window: given.window };
    const { key: _, ...node } = nodeOf(tree, place);
    if (period.to > now())
      throw new OrgRefusal('publication-open', `${period.name} has not ended: publish it afterwards`);
    if ((await store.heads()).length >= MOST_PUBLICATIONS)
      throw new OrgRefusal('publications-too-many', `there are ${MOST_PUBLICATIONS} publications already`);
    const windowKeys = new Set(windowsBelow(tree, place));
    await refuseUnsettled(store, windowKeys, period);
    const figures = await deps.figures();
    const revision = deps.dataRevision();
    const { total, windows } = await readFigures(history, tree, place, period, figures);
    const again = await readFigures(history, tree, place, period, figures);
    const isSame =
      isSameFigures(total, again.total) &&
      windows.every(({ figures: one }, index) => isSameFigures(one, again.windows[index]?.figures ?? total));
    if (!isSame) throw unsettled();
    // What was set meanwhile is judged later, and would be a half of it.
    await refuseUnsettled(store, windowKeys, period);
    const governing = await versionsFor(await rules.versions(), tree, place, period);
    const body: PublishedBody = {
      ...{ format: 'manyi/publication/1', figures, revision, privacy: 'whole', total },
      ruleVersions: governing.map(({ madeBy: _, ...version }) => version),
      windows: windows.map(({ window: { id, name, unitId }, figures: one }) => ({
        ...{ id, name, path: [...(tree.pathOf.get(unitId) ?? [])] },
        ...one,
      })),
    };
    const { id, version, corrects } = given;
    const madeAt = now();
    const head: PublishedHead = {
      ...{ id, version, title, corrects, node, period },
      ...{ madeAt, madeBy: writeActor(by.actor), reason },
    };
    const kept = { id, version, head: canonicalJson(head), body: canonicalJson(body) };
    const sha256 = hashOf(kept.head, kept.body);
    await store.change(async (tx) => {
      refuseTwice(await tx.heads(), head);
      await tx.add({ ...kept, sha256 });
      const detail = { reason, sha256, node: `${node.kind}:${node.id}`, period: period.name, corrects };
      const target = { kind: 'publication', id, version } as const;
      return tx.audited({ by, action: PUBLICATION_ADDED, target, detail }, undefined);
    });
    return { ...head, sha256, withdrawal: null };
  };

  return {
    list: listed,
    async show(id, version) {
      const versions = await versionsOf(id);
      const head = version === undefined ? versions.at(-1) : versions.find((one) => one.version === version);
      const kept = head ? await store.find(id, head.version) : null;
      if (!head || !kept)
        throw new OrgRefusal('publication-unknown', `there is no version ${version} of ${id}: list them`);
      const body = JSON.parse(kept.body) as PublishedBody;
      return {
        ...head,
        isIntact: hashOf(kept.head, kept.body) === kept.sha256,
        versions: versions.map((one) => one.version),
        ...{ body, today: await todayOf(head, body) },
      };
    },
    async publish(by, { period, title, reason, ...place }) {
      const node = nodeOf(await deps.tree(), place);
      const eras = await zonesOf({ kind: node.kind, key: node.key });
      const { name, from, to } = readAsked(zoneThrough(eras), period);
      const id = `p-${randomBytes(5).toString('hex')}`;
      const span = { name, from, to, timeZone: zoneAt(eras, from) };
      return add(by, { id, version: 1, title, corrects: null, reason, ...place }, span);
    },
    async correct(by, id, reason) {
      const last = (await versionsOf(id)).at(-1) as ListedPublication;
      const { title, node, period, version } = last;
      const next = { id, version: version + 1, title, corrects: version, reason };
      return add(by, { ...next, ...placeOf(node) }, period);
    },
    async withdraw(by, id, version, reason) {
      const why = readReason(reason);
      await versionsOf(id);
      return store.change(async (tx) => {
        const found = (await tx.heads()).find((one) => one.id === id && one.version === version);
        if (!found)
          throw new OrgRefusal('publication-unknown', `there is no version ${version} of ${id}: list them`);
        if (found.withdrawal)
          throw new OrgRefusal('publication-withdrawn', `version ${version} of ${id} is withdrawn already`);
        const withdrawal: Withdrawal = { id, version, at: now(), by: writeActor(by.actor), reason: why };
        await tx.withdraw(withdrawal);
        const target = { kind: 'publication', id, version } as const;
        const line = { by, action: 'publications.withdraw', target, detail: { reason: why } };
        return tx.audited(line, withdrawal);
      });
    },
  };

  async function todayOf(head: PublishedHead, body: PublishedBody): Promise<Today | null> {
    const tree = await deps.tree();
    const place = placeOf(head.node);
    if (!(place.unit === undefined ? tree.windowById.has(head.node.id) : tree.unitById.has(place.unit)))
      return null;
    const { total, windows } = await readFigures(history, tree, place, head.period, body.figures);
    const now = new Map(windows.map(({ window, figures }) => [window.id, figures]));
    const pairs: [SpanFigures, SpanFigures][] = [];
    const differing: Today['windows'] = [];
    for (const { id, name, ...published } of body.windows) {
      const figures = now.get(id);
      // It has been moved away: its votes of the time are in the total.
      if (!figures || isSameFigures(published, figures)) continue;
      pairs.push([published, figures]);
      differing.push({ id, name, published: comparedOf(published), today: comparedOf(figures) });
    }
    const isTotalSame = isSameFigures(body.total, total);
    if (!isTotalSame) pairs.push([body.total, total]);
    const governing = await versionsFor(await rules.versions(), tree, place, head.period);
    const since = governing.filter(({ madeAt }) => madeAt > head.madeAt);
    return {
      differs: pairs.length > 0,
      causes: pairs.length > 0 ? causesOf(pairs, since.length) : [],
      total: isTotalSame ? null : { published: comparedOf(body.total), today: comparedOf(total) },
      ...{ windowsDiffering: differing.length, windows: differing.slice(0, MOST_SHOWN) },
      rules: since.map(({ nodeId, version, madeAt, madeBy, reason }) => ({
        ...{ node: nodeId, version, madeAt, madeBy, reason },
      })),
    };
  }

  /** Of the place, of what is above it and of what is below it: those that cover a day of the period, by the clocks of some window there. */
  async function versionsFor(
    versions: readonly KeptRuleVersion[],
    tree: OrgTree,
    place: RulePlace,
    { from, to, timeZone }: PublishedHead['period'],
  ): Promise<KeptRuleVersion[]> {
    const days = new Map<string, Days>();
    const take = (nodes: readonly string[], zones: readonly string[]) => {
      const own = daysOf(zones, { from, to });
      for (const node of nodes) {
        const known = days.get(node) ?? own;
        const [first = own.first] = [own.first, known.first].sort();
        const [, last = own.last] = [own.last, known.last].sort();
        days.set(node, { first, last });
      }
    };
    take(pathTo(tree, place), [timeZone]);
    if (place.unit !== undefined) take([unitNode(place.unit)], [timeZone]);
    for (const windowKey of windowsBelow(tree, place)) {
      const window = tree.windowByKey.get(windowKey);
      if (!window) continue;
      const eras = await zonesOf({ kind: 'window', key: windowKey });
      take(
        [windowNode(window.id), ...pathTo(tree, { unit: window.unitId })],
        erasWithin(eras, { from, to }).map((era) => era.timeZone),
      );
    }
    return versions.filter(({ nodeId, validFrom, validTo }) => {
      const covered = days.get(nodeId);
      return (
        covered !== undefined && validFrom <= covered.last && (validTo === null || validTo >= covered.first)
      );
    });
  }
}

type Days = { first: string; last: string };

/** The first and the last local date of a span, in any of these zones. */
function daysOf(zones: readonly string[], { from, to }: { from: number; to: number }): Days {
  const dates = zones.flatMap((zone) => {
    const { calendar } = clocksOf(zone);
    return [from, to - 1].map((at) => calendar.nameOf(calendar.dayOf(at)));
  });
  const sorted = dates.sort();
  return { first: sorted[0] as string, last: sorted.at(-1) as string };
}

const placeOf = ({ kind, id }: PublishedNode): RulePlace => (kind === 'unit' ? { unit: id } : { window: id });
const hashOf = (head: string, body: string) => createHash('sha256').update(`${head}\n${body}`).digest('hex');

const unsettled = () =>
  new OrgRefusal(
    'publication-unsettled',
    'votes of this period wait to be judged, or came while it was read: try again, and see manyi rules progress',
  );

/** Two figures of one place and period, of which neither corrects the other, would both be what was published. */
function refuseTwice(heads: readonly PublicationHead[], { id, node, period }: PublishedHead): void {
  const standing = heads
    .filter(({ withdrawal }) => withdrawal === null)
    .map(({ head }) => JSON.parse(head) as PublishedHead)
    .find(
      (one) =>
        one.id !== id &&
        one.node.kind === node.kind &&
        one.node.id === node.id &&
        // Where its time zone has changed since, a month is another span, and is that month still.
        (one.period.name === period.name || (one.period.from === period.from && one.period.to === period.to)),
    );
  if (standing)
    throw new OrgRefusal(
      'publication-exists',
      `${node.kind} ${node.id} over ${period.name} is published as ${standing.id} version ${standing.version}: correct that one, or withdraw it first`,
    );
}

async function refuseUnsettled(
  store: PublicationStore,
  windowKeys: ReadonlySet<number>,
  { from, to }: { from: number; to: number },
): Promise<void> {
  if (await store.isWaiting(windowKeys, { from, to: to - 1 })) throw unsettled();
}

function nodeOf(tree: OrgTree, place: RulePlace): PublishedNode & { key: number } {
  pathTo(tree, place);
  const { unit, window } = place;
  const found = window === undefined ? tree.unitById.get(unit ?? '') : tree.windowById.get(window);
  if (!found) throw new OrgRefusal('unit-unknown', 'say which unit, or which window');
  const above = 'unitId' in found ? found.unitId : found.id;
  const path = [...(tree.pathOf.get(above) ?? []), ...('unitId' in found ? [found.name] : [])];
  const { key, id, name } = found;
  return { kind: window === undefined ? 'unit' : 'window', key, id, name, path };
}
