/**
 * Tokens that let a screen or a program read, without an account: until they end, are revoked, or whoever made them may not make
 * them any more. The last is asked at every use, so that no list of links must be gone through when somebody leaves.
 */

import { isSameActor, type RecordedActor } from '../domain/actor.ts';
import { isGood, LINK_DAYS, type LinkState, linkEnd, mayMakeKind, stateOf } from '../domain/links.ts';
import type { LinkPrincipal } from '../domain/principal.ts';
import type { LinkKind } from '../domain/roles.ts';
import type { AuditLine, By } from '../store/changes.ts';
import type { LinkRecord, PeopleReads, PeopleStore, Used } from '../store/people.ts';
import { checkDisplayName } from './names.ts';
import { PeopleRefusal } from './refusal.ts';
import { hashToken, newId, newToken } from './secrets.ts';

/** That are not over: of all, and made by one account, which must leave room for the others. */
const MAX_LINKS = 1_000;
const MAX_LINKS_OF_ONE = 300;

export type NewLink = { kind: LinkKind; name: string; unitId: string | null; days?: number | undefined };
export type ListedLink = LinkRecord & { state: LinkState };

export type LinkTokens = {
  /** @returns the token, which is kept nowhere. @throws PeopleRefusal, OrgRefusal `unit-unknown`. */
  add(by: By, link: NewLink): Promise<{ link: ListedLink; token: string }>;
  /** Null when it is not good any more, for whatever reason. */
  find(token: string): Promise<LinkRecord | null>;
  used(id: string): void;
  /** When links were used since it was last taken. */
  takeNotes(): Used[];
  /** What was taken could not be written. */
  giveBack(used: readonly Used[]): void;
  list(): Promise<ListedLink[]>;
  /**
   * So many days from now on; whoever does it answers for the link from then on.
   * @throws PeopleRefusal `link-unknown`, `link-revoked`, `role-insufficient`, `links-too-many`.
   */
  extend(by: By, id: string, days?: number): Promise<ListedLink>;
  /** @throws PeopleRefusal `link-unknown`, `link-revoked`, `role-insufficient`. */
  revoke(by: By, id: string): Promise<void>;
};

/** What is asked about whoever made a link. */
type MakerReads = Pick<PeopleReads, 'account' | 'isUnitWithin'>;

export function createLinkTokens(store: PeopleStore, now: () => number): LinkTokens {
  let unsaved = new Map<string, number>();

  const stateNow = async (reads: MakerReads, link: LinkRecord) =>
    stateOf(link, (await barOf(reads, link.createdBy, link.kind, link.unitId)) === null, now());
  const listed = async (reads: MakerReads, link: LinkRecord): Promise<ListedLink> => ({
    ...link,
    lastUsedAt: latest(unsaved.get(link.id), link.lastUsedAt),
    state: await stateNow(reads, link),
  });

  /** For one more that is not over, beside those that are there. */
  const requireRoom = async (reads: PeopleReads, { actor }: By, extended: string | null = null) => {
    const open = (await reads.links()).filter(
      ({ id, revokedAt, expiresAt }) => id !== extended && revokedAt === null && now() < expiresAt,
    );
    if (open.length >= MAX_LINKS)
      throw new PeopleRefusal('links-too-many', `there are ${MAX_LINKS} links: revoke some first`);
    const own = open.filter(({ createdBy }) => isSameActor(createdBy, actor));
    if (actor.kind === 'account' && own.length >= MAX_LINKS_OF_ONE)
      throw new PeopleRefusal('links-too-many', `you have made ${MAX_LINKS_OF_ONE} links: revoke some first`);
  };

  return {
    add(by, { kind, name, unitId, days = LINK_DAYS.standard }) {
      const token = newToken('link');
      return store.change(async (tx) => {
        await requireRight(tx, by, kind, unitId);
        if (kind === 'metrics' && unitId !== null)
          throw new PeopleRefusal(
            'unit-not-for-role',
            'metrics are of the whole gateway: leave the unit out',
          );
        await requireRoom(tx, by);
        const link: LinkRecord = {
          id: newId('l'),
          kind,
          name: checkDisplayName(name),
          unitId,
          createdAt: now(),
          createdBy: by.actor,
          lastUsedAt: null,
          expiresAt: linkEnd(now(), days),
          revokedAt: null,
        };
        await tx.addLink(link, hashToken(token));
        const detail = { kind, name: link.name, unitId, expiresAt: link.expiresAt };
        const line: AuditLine = { by, action: 'link.add', target: { kind: 'link', id: link.id }, detail };
        return tx.audited(line, { link: await listed(tx, link), token });
      });
    },
    async find(token) {
      const link = await store.linkOf(hashToken(token));
      return link && isGood(await stateNow(store, link)) ? link : null;
    },
    used: (id) => void unsaved.set(id, now()),
    takeNotes() {
      const used = [...unsaved].map(([id, at]) => ({ id, at }));
      unsaved = new Map();
      return used;
    },
    giveBack(used) {
      for (const { id, at } of used) if (!unsaved.has(id)) unsaved.set(id, at);
    },
    async list() {
      const makers = new Map((await store.accounts()).map((account) => [account.name, account]));
      const reads: MakerReads = {
        account: async (name) => makers.get(name),
        isUnitWithin: store.isUnitWithin,
      };
      const all: ListedLink[] = [];
      for (const link of await store.links()) all.push(await listed(reads, link));
      return all;
    },
    extend: (by, id, days = LINK_DAYS.standard) =>
      store.change(async (tx) => {
        const link = await changeable(tx, by, id);
        await requireRoom(tx, by, id);
        const expiresAt = linkEnd(now(), days);
        await tx.extendLink(id, expiresAt, by.actor);
        const detail = { kind: link.kind, name: link.name, expiresAt };
        return tx.audited(
          { by, action: 'link.extend', target: { kind: 'link', id }, detail },
          await listed(tx, { ...link, expiresAt, createdBy: by.actor }),
        );
      }),
    revoke: (by, id) =>
      store.change(async (tx) => {
        const { kind, name } = await changeable(tx, by, id);
        await tx.revokeLink(id, now());
        const detail = { kind, name };
        return tx.audited({ by, action: 'link.revoke', target: { kind: 'link', id }, detail }, undefined);
      }),
  };
}

/** Another gateway may know of a later use. */
const latest = (own: number | undefined, stored: number | null) =>
  own === undefined ? stored : Math.max(own, stored ?? 0);

/** `unit`: their role would do, and the link is of none of their units. */
async function barOf(
  reads: MakerReads,
  actor: RecordedActor,
  kind: LinkKind,
  unitId: string | null,
): Promise<'role' | 'unit' | null> {
  // The command line is whoever may write to the data folder: it has no account that could end.
  if (actor.kind === 'cli') return null;
  const maker = actor.kind === 'account' ? await reads.account(actor.name) : undefined;
  if (!maker || maker.disabledAt !== null || !mayMakeKind(maker.role, kind)) return 'role';
  if (maker.unitId === null) return null;
  return unitId !== null && (await reads.isUnitWithin(unitId, maker.unitId)) ? null : 'unit';
}

async function requireRight(
  reads: MakerReads,
  { actor }: By,
  kind: LinkKind,
  unitId: string | null,
): Promise<void> {
  const bar = await barOf(reads, actor, kind, unitId);
  if (bar === 'role')
    throw new PeopleRefusal(
      'role-insufficient',
      `links for ${kind} are not for your role: see docs/security.md`,
    );
  if (bar === 'unit')
    throw new PeopleRefusal('unit-unknown', 'choose a unit of your own, or one below it: see /api/v1/units');
}

/** Not revoked, and the one who asks may change it. */
async function changeable(reads: PeopleReads, by: By, id: string): Promise<LinkRecord> {
  const link = (await reads.links()).find((one) => one.id === id);
  if (!link) throw new PeopleRefusal('link-unknown', `there is no link ${id}`);
  await requireRight(reads, by, link.kind, link.unitId);
  if (link.revokedAt !== null)
    throw new PeopleRefusal('link-revoked', `the link ${id} is revoked already: make a new one`);
  return link;
}

export function linkPrincipal({ id, name, kind, unitId }: LinkRecord): LinkPrincipal {
  return { kind: 'link', id, name, standing: kind, unitId };
}
