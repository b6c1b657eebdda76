/** What people publish, correct and withdraw, at the command line and over HTTP alike; and how far it is from the figures of today. */
import { createHash, randomBytes } from 'node:crypto';
import type { FigureRules } from '../../protocol/score.ts';
import { readReason, readTitle } from '../audit/reasons.ts';
import { writeActor } from '../domain/actor.ts';
import { canonicalJson } from '../domain/canonical-json.ts';
import { type OrgTree, subtreeOf } from '../domain/org.ts';
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
  type Tallied,
} from '../domain/publications.ts';
import type { TreeNode, TreeThen } from '../domain/tree-then.ts';
import { type ZoneEra, zoneAt } from '../domain/unit-zones.ts';
import { openPrivacyBook } from '../privacy/privacy-book.ts';
import { figuresOf, talliedIn } from '../scores/node-history.ts';
import type { By } from '../store/changes.ts';
import { OrgRefusal } from '../store/failures.ts';
import type { HistoryStore } from '../store/history.ts';
import { createPause } from '../store/pause.ts';
import type { PrivacyReads } from '../store/privacy.ts';
import type { PublicationHead, PublicationStore, Withdrawal } from '../store/publications.ts';
import type { RuleReads } from '../store/rules.ts';
import type { RulePlace } from '../verdicts/rule-places.ts';
import { governingVersions, nodeOf } from './governing-rules.ts';
import { figuresIn, readParts, rowsIn, textOf, toldInSteps } from './published-figures.ts';

export type NewPublication = RulePlace & { period: Asked; title: string; reason: string };
export type ListedPublication = PublishedHead & {
  /** Null for whoever is told in steps: they could try which counts have it. */
  sha256: string | null;
  withdrawal: Withdrawal | null;
};
/** Who asks: somebody bound to a unit, and whether that is held back from them which is not shown at the counter yet. */
export type Viewer = { unitId: string; isHeldBack: boolean };

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
  /** Null where the place is there no more, and for whoever is told in steps. */
  today: Today | null;
};

export type Publications = {
  /** Newest first. @param viewer of whose unit and what is below it they are; left out: all */
  list(viewer?: Viewer): Promise<ListedPublication[]>;
  /** @throws OrgRefusal `publication-unknown`, `period-withheld` */
  show(id: string, version?: number, viewer?: Viewer): Promise<ShownPublication>;
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
  history: Pick<HistoryStore, 'parts'>;
  rules: RuleReads;
  privacy: PrivacyReads;
  /** Those of the rules are counted when the votes are read. */
  figures: () => Omit<FigureRules, 'rules'>;
  tree: () => OrgTree | Promise<OrgTree>;
  /** What everything was called and where it stood. */
  treeThen: () => TreeThen | Promise<TreeThen>;
  /** In which time zone a unit or window lies, through time. */
  zonesOf(node: TreeNode): readonly ZoneEra[] | Promise<readonly ZoneEra[]>;
  /** The gateway's. */
  timeZone: string;
  now: () => number;
};

const MOST_PUBLICATIONS = 10_000;
const MOST_SHOWN = 200;

export function createPublications(deps: PublicationsDeps): Publications {
  const { store, history, rules, zonesOf, timeZone, now } = deps;

  const versionsOf = async (id: string, viewer?: Viewer): Promise<ListedPublication[]> => {
    const own = (await store.heads()).filter((one) => one.id === id).map(listedOf);
    const seen = viewer ? seenBy(await deps.tree(), viewer, own) : own;
    if (seen.length === 0)
      throw new OrgRefusal('publication-unknown', `there is no publication ${id}: list them`);
    return seen.sort((a, b) => a.version - b.version);
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
    const parts = await readParts(history, tree, place, period, timeZone);
    if (parts.isWaiting) throw unsettled();
    const treeThen = await deps.treeThen();
    const figures: FigureRules = { ...deps.figures(), rules: `${parts.ruleVersions}` };
    const stood = { treeThen: async () => treeThen, now };
    const { steppedSince } = await openPrivacyBook(deps.privacy, () => tree, stood);
    const made = await figuresIn(parts.windows, {
      ...{ tree, treeThen, rules: figures, period, timeZone, steppedSince },
    });
    if (!made) throw unsettled();
    const versions = (await rules.versions()).slice(0, parts.ruleVersions);
    const governing = await governingVersions(
      versions,
      { tree, treeThen, zonesOf, timeZone, place, period },
      parts.windows,
    );
    const body: PublishedBody = {
      ...{ format: 'manyi/publication/1', figures, privacy: 'whole', ...made },
      ruleVersions: governing.map(({ madeBy: _, ...version }) => version),
    };
    const { id, version, corrects } = given;
    const madeAt = now();
    const head: PublishedHead = {
      ...{ id, version, title, corrects, node, period },
      ...{ madeAt, madeBy: writeActor(by.actor), reason },
    };
    const kept = { id, version, head: canonicalJson(head), body: await textOf(body) };
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
    async list(viewer) {
      const all = (await store.heads()).map(listedOf);
      return viewer ? seenBy(await deps.tree(), viewer, all) : all;
    },
    async show(id, version, viewer) {
      const versions = await versionsOf(id, viewer);
      const head = version === undefined ? versions.at(-1) : versions.find((one) => one.version === version);
      const kept = head ? await store.find(id, head.version) : null;
      if (!head || !kept)
        throw new OrgRefusal('publication-unknown', `there is no version ${version} of ${id}: list them`);
      const body = JSON.parse(kept.body) as PublishedBody;
      const shown = {
        ...head,
        isIntact: hashOf(kept.head, kept.body) === kept.sha256,
        versions: versions.map((one) => one.version),
      };
      if (!viewer) return { ...shown, body, today: await todayOf(head, body) };
      const tree = await deps.tree();
      const called = nameOf(tree, viewer);
      const { kind, id: nodeId } = head.node;
      const there = kind === 'unit' ? subtreeOf(tree, nodeId) : tree;
      const told = viewer.isHeldBack
        ? await toldInSteps(body, (windowId) => there.windowById.has(windowId))
        : body;
      const windows = told.windows.map((window) => ({ ...window, path: pathFrom(called, window.path) }));
      // Rules are of the whole tree, and not theirs to read.
      const own = { ...told, windows, ruleVersions: [] };
      const today = viewer.isHeldBack ? null : await todayOf(head, body);
      return { ...shown, body: own, today: today && { ...today, rules: [] } };
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
    const { windows } = await readParts(history, tree, place, head.period, timeZone);
    const now = new Map(windows.map((there) => [tree.windowByKey.get(there.windowKey)?.id, there.rows]));
    const pause = createPause();
    const pairs: [Tallied, Tallied][] = [];
    const differing: Today['windows'] = [];
    let windowsDiffering = 0;
    for (const published of body.windows) {
      const rows = now.get(published.id) ?? [];
      const today = talliedIn(rows);
      await pause();
      if (isSameFigures(published, today)) continue;
      pairs.push([published, today]);
      windowsDiffering += 1;
      if (windowsDiffering > MOST_SHOWN) continue;
      const { id, name } = published;
      const compared = comparedOf(figuresOf(rows, body.figures));
      differing.push({ id, name, published: comparedOf(published), today: compared });
    }
    const total = figuresOf(rowsIn(windows), body.figures);
    const isTotalSame = isSameFigures(body.total, total);
    if (!isTotalSame) pairs.push([body.total, total]);
    const [treeThen, versions] = [await deps.treeThen(), await rules.versions()];
    // Those that it was published with are the first ones.
    const newer = versions.slice(Number(body.figures.rules));
    const since = await governingVersions(
      newer,
      { tree, treeThen, zonesOf, timeZone, place, period: head.period },
      windows,
    );
    return {
      differs: pairs.length > 0,
      causes: pairs.length > 0 ? causesOf(pairs, since.length) : [],
      total: isTotalSame ? null : { published: comparedOf(body.total), today: comparedOf(total) },
      ...{ windowsDiffering, windows: differing },
      rules: since.map(({ nodeId, version, madeAt, madeBy, reason }) => ({
        ...{ node: nodeId, version, madeAt, madeBy, reason },
      })),
    };
  }
}

const listedOf = ({ head, sha256, withdrawal }: PublicationHead): ListedPublication => ({
  ...(JSON.parse(head) as PublishedHead),
  ...{ sha256, withdrawal },
});

/** Those of the viewer's unit and what is below it, as far as what they say is theirs to know. */
function seenBy(tree: OrgTree, viewer: Viewer, all: readonly ListedPublication[]): ListedPublication[] {
  const own = subtreeOf(tree, viewer.unitId);
  const name = nameOf(tree, viewer);
  return all
    .filter(({ node: { kind, id } }) => (kind === 'unit' ? own.unitById : own.windowById).has(id))
    .map(({ node, sha256, ...head }) => ({
      ...{ ...head, node: { ...node, path: pathFrom(name, node.path) } },
      sha256: viewer.isHeldBack ? null : sha256,
    }));
}

const nameOf = (tree: OrgTree, { unitId }: Viewer) => tree.unitById.get(unitId)?.name ?? '';

/** What stands above the viewer's unit does not exist for them. */
function pathFrom(unitName: string, path: readonly string[]): string[] {
  const at = path.lastIndexOf(unitName);
  return at < 0 ? path.slice(-1) : path.slice(at);
}

const placeOf = ({ kind, id }: PublishedNode): RulePlace => (kind === 'unit' ? { unit: id } : { window: id });
const hashOf = (head: string, body: string) => createHash('sha256').update(`${head}\n${body}`).digest('hex');

const unsettled = () =>
  new OrgRefusal(
    'publication-unsettled',
    'votes of this period wait to be judged, or a window is not known here yet: try again, and see manyi rules progress',
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
