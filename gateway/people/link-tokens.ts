/**
 * Tokens that let a screen or a program read, without an account: until they end, are revoked, or whoever made them may not make
 * them any more. The last is asked at every use, so that no list of links must be gone through when somebody leaves.
 */

import type { Audit, By } from '../audit/audit.ts';
import { isGood, LINK_DAYS, type LinkState, linkEnd, mayMakeKind, stateOf } from '../domain/links.ts';
import type { LinkKind, Principal } from '../domain/roles.ts';
import type { LinkRecord, PeopleStore } from '../store/people-store.ts';
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
  add(by: By, link: NewLink): { link: ListedLink; token: string };
  /** Null when it is not good any more, for whatever reason. */
  find(token: string): LinkRecord | null;
  used(id: string): void;
  save(): void;
  list(): ListedLink[];
  /**
   * So many days from now on; whoever does it answers for the link from then on.
   * @throws PeopleRefusal `link-unknown`, `link-revoked`, `role-insufficient`, `links-too-many`.
   */
  extend(by: By, id: string, days?: number): ListedLink;
  /** @throws PeopleRefusal `link-unknown`, `link-revoked`, `role-insufficient`. */
  revoke(by: By, id: string): void;
};

export function createLinkTokens(store: PeopleStore, audit: Audit, now: () => number): LinkTokens {
  let unsaved = new Map<string, number>();

  /** `unit`: their role would do, and the link is of none of their units. */
  const barOf = (actor: string, kind: LinkKind, unitId: string | null): 'role' | 'unit' | null => {
    const [sort, name = ''] = actor.split(':');
    // The command line is whoever may write to the data folder: it has no account that could end.
    if (sort !== 'account') return null;
    const maker = store.account(name);
    if (!maker || maker.disabledAt !== null || !mayMakeKind(maker.role, kind)) return 'role';
    if (maker.unitId === null || (unitId !== null && store.isUnitWithin(unitId, maker.unitId))) return null;
    return 'unit';
  };
  const requireRight = ({ actor }: By, kind: LinkKind, unitId: string | null) => {
    const bar = barOf(actor, kind, unitId);
    if (bar === 'role')
      throw new PeopleRefusal(
        'role-insufficient',
        `links for ${kind} are not for your role: see docs/security.md`,
      );
    if (bar === 'unit')
      throw new PeopleRefusal(
        'unit-unknown',
        'choose a unit of your own, or one below it: see /api/v1/units',
      );
  };
  const stateNow = (link: LinkRecord) =>
    stateOf(link, barOf(link.createdBy, link.kind, link.unitId) === null, now());
  const listed = (link: LinkRecord): ListedLink => ({
    ...link,
    lastUsedAt: unsaved.get(link.id) ?? link.lastUsedAt,
    state: stateNow(link),
  });
  /** Not revoked, and the one who asks may change it. */
  const changeable = (by: By, id: string): LinkRecord => {
    const link = store.links().find((one) => one.id === id);
    if (!link) throw new PeopleRefusal('link-unknown', `there is no link ${id}`);
    requireRight(by, link.kind, link.unitId);
    if (link.revokedAt !== null)
      throw new PeopleRefusal('link-revoked', `the link ${id} is revoked already: make a new one`);
    return link;
  };

  /** For one more that is not over, beside those that are there. */
  const requireRoom = ({ actor }: By, extended: string | null = null) => {
    const open = store
      .links()
      .filter(({ id, revokedAt, expiresAt }) => id !== extended && revokedAt === null && now() < expiresAt);
    if (open.length >= MAX_LINKS)
      throw new PeopleRefusal('links-too-many', `there are ${MAX_LINKS} links: revoke some first`);
    const own = open.filter(({ createdBy }) => createdBy === actor);
    if (actor.startsWith('account:') && own.length >= MAX_LINKS_OF_ONE)
      throw new PeopleRefusal('links-too-many', `you have made ${MAX_LINKS_OF_ONE} links: revoke some first`);
  };

  return {
    add(by, { kind, name, unitId, days = LINK_DAYS.standard }) {
      requireRight(by, kind, unitId);
      if (kind === 'metrics' && unitId !== null)
        throw new PeopleRefusal('unit-not-for-role', 'metrics are of the whole gateway: leave the unit out');
      requireRoom(by);
      const token = newToken('link');
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
      store.atomic(() => {
        const { expiresAt } = link;
        audit(by, 'link.add', `link:${link.id}`, { kind, name: link.name, unitId, expiresAt });
        store.addLink(link, hashToken(token));
      });
      return { link: listed(link), token };
    },
    find(token) {
      const link = store.linkOf(hashToken(token));
      return link && isGood(stateNow(link)) ? link : null;
    },
    used: (id) => void unsaved.set(id, now()),
    save() {
      if (unsaved.size > 0) store.saveLinksUsed([...unsaved].map(([id, at]) => ({ id, at })));
      unsaved = new Map();
    },
    list: () => store.links().map(listed),
    extend(by, id, days = LINK_DAYS.standard) {
      return store.atomic(() => {
        const link = changeable(by, id);
        requireRoom(by, id);
        const expiresAt = linkEnd(now(), days);
        audit(by, 'link.extend', `link:${id}`, { kind: link.kind, name: link.name, expiresAt });
        store.extendLink(id, expiresAt, by.actor);
        return listed({ ...link, expiresAt, createdBy: by.actor });
      });
    },
    revoke(by, id) {
      store.atomic(() => {
        const link = changeable(by, id);
        audit(by, 'link.revoke', `link:${id}`, { kind: link.kind, name: link.name });
        store.revokeLink(id, now());
      });
    },
  };
}

export function linkPrincipal({ id, kind, unitId }: LinkRecord): Principal {
  const actor = `link:${id}`;
  return { actor, credential: actor, standing: kind, unitId, mustChangePassword: false };
}
