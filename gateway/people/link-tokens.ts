/** Tokens that let a screen or a program read, without an account, until they are revoked. */
import type { LinkKind, Principal } from '../domain/roles.ts';
import type { LinkRecord, PeopleStore } from '../store/people-store.ts';
import type { Audit, By } from './audit.ts';
import { checkDisplayName } from './names.ts';
import { PeopleRefusal } from './refusal.ts';
import { hashToken, newId, newToken } from './secrets.ts';

/** That are still good: of all, and made by one account, which must leave room for the others. */
const MAX_LINKS = 1_000;
const MAX_LINKS_OF_ONE = 300;

export type NewLink = { kind: LinkKind; name: string; unitId: string | null };

export type LinkTokens = {
  /** @returns the token, which is kept nowhere. @throws PeopleRefusal, OrgRefusal `unit-unknown`. */
  add(by: By, link: NewLink): { link: LinkRecord; token: string };
  find(token: string): LinkRecord | null;
  used(id: string): void;
  save(): void;
  list(): LinkRecord[];
  /** @throws PeopleRefusal `link-unknown`. */
  revoke(by: By, id: string): void;
};

export function createLinkTokens(store: PeopleStore, audit: Audit, now: () => number): LinkTokens {
  let unsaved = new Map<string, number>();
  const list = () =>
    store.links().map((link) => {
      const used = unsaved.get(link.id);
      return used === undefined ? link : { ...link, lastUsedAt: used };
    });
  return {
    add(by, { kind, name, unitId }) {
      if (kind === 'metrics' && unitId !== null)
        throw new PeopleRefusal('unit-not-for-role', 'metrics are of the whole gateway: leave the unit out');
      const good = store.links().filter(({ revokedAt }) => revokedAt === null);
      if (good.length >= MAX_LINKS)
        throw new PeopleRefusal('links-too-many', `there are ${MAX_LINKS} links: revoke some first`);
      const own = good.filter(({ createdBy }) => createdBy === by.actor);
      if (by.actor.startsWith('account:') && own.length >= MAX_LINKS_OF_ONE)
        throw new PeopleRefusal(
          'links-too-many',
          `you have made ${MAX_LINKS_OF_ONE} links: revoke some first`,
        );
      const token = newToken('link');
      const link: LinkRecord = {
        id: newId('l'),
        kind,
        name: checkDisplayName(name),
        unitId,
        createdAt: now(),
        createdBy: by.actor,
        lastUsedAt: null,
        revokedAt: null,
      };
      store.atomic(() => {
        audit(by, 'link.add', `link:${link.id}`, { kind, name: link.name, unitId });
        store.addLink(link, hashToken(token));
      });
      return { link, token };
    },
    find(token) {
      const link = store.linkOf(hashToken(token));
      return link && link.revokedAt === null ? link : null;
    },
    used: (id) => void unsaved.set(id, now()),
    save() {
      if (unsaved.size > 0) store.saveLinksUsed([...unsaved].map(([id, at]) => ({ id, at })));
      unsaved = new Map();
    },
    list,
    revoke(by, id) {
      const link = list().find((one) => one.id === id && one.revokedAt === null);
      if (!link) throw new PeopleRefusal('link-unknown', `there is no link ${id} that is still good`);
      store.atomic(() => {
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
