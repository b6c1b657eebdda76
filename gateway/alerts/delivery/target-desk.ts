/** Who is told of alerts, as administrators set it; each change with its line in the audit, which never holds a secret. */
import { randomBytes } from 'node:crypto';
import { readTitle } from '../../audit/reasons.ts';
import { writeActor } from '../../domain/actor.ts';
import { COUNTER_KINDS } from '../../domain/alerts/counter-kinds.ts';
import { isMailAddress } from '../../domain/mail-address.ts';
import type { AlertTarget, Delivery, NewTarget, TargetStore, TargetTx } from '../../store/alert-targets.ts';
import type { AuditLine, By } from '../../store/changes.ts';
import { OrgRefusal } from '../../store/failures.ts';
import type { DeliveryBody } from './delivery-body.ts';

export const MOST_TARGETS = 100;
const MOST_ADDRESS_CHARS = 1_000;

export type SecretSeal = {
  close(name: string, secret: Buffer): Buffer;
  open(name: string, sealed: Buffer): Buffer | null;
};

export type AskedTarget = Pick<NewTarget, 'channel' | 'name' | 'address' | 'unitId' | 'kinds' | 'language'>;

export type TargetDesk = {
  targets(): Promise<AlertTarget[]>;
  /** @returns the secret of a webhook, which is told only now. @throws OrgRefusal */
  add(by: By, asked: AskedTarget): Promise<{ target: AlertTarget; secret: string | null }>;
  /** Another secret; the one before is good for nothing from now on. @throws OrgRefusal `alert-target-unknown`, `alert-target-invalid` */
  renewSecret(by: By, id: string): Promise<{ secret: string }>;
  /** @throws OrgRefusal `alert-target-unknown` */
  remove(by: By, id: string): Promise<void>;
  /** Sends something that is no alert. @throws OrgRefusal `alert-target-unknown` */
  test(by: By, id: string): Promise<{ delivery: string }>;
  /** Newest first; of one target, or of all. @throws OrgRefusal `alert-target-unknown` */
  deliveries(limit: number, id?: string): Promise<Delivery[]>;
};

export type TargetDeskDeps = {
  store: TargetStore;
  seal(): Promise<SecretSeal>;
  /** Is there a server to send mail by, as far as is known here? */
  canMail: boolean;
  /** Why nothing is ever sent to such an address, as far as is known here; null: something may be. Names may lead elsewhere tomorrow. */
  refuses?: (url: URL) => string | null;
  /** Are votes shown in steps to whoever is bound to this unit? */
  holdsBack(unitId: string | null): boolean;
  now: () => number;
  newId(prefix: string): string;
};

export const sealName = (id: string) => `webhook ${id}`;
const newSecret = () => `manyi_w_${randomBytes(32).toString('base64url')}`;

export function createTargetDesk({
  store,
  seal,
  canMail,
  refuses = () => null,
  holdsBack,
  now,
  newId,
}: TargetDeskDeps): TargetDesk {
  const line = (by: By, action: string, id: string, detail: Record<string, unknown> = {}): AuditLine => ({
    ...{ by, action, target: { kind: 'alert-target', id } },
    detail,
  });
  const find = async (reads: Pick<TargetTx, 'targets'>, id: string) => {
    const target = (await reads.targets()).find((one) => one.id === id);
    if (!target) throw new OrgRefusal('alert-target-unknown', `there is no target ${id}: list them`);
    return target;
  };
  return {
    targets: store.targets,
    async add(by, { name, address, ...asked }) {
      const id = newId('at');
      const isMail = asked.channel === 'email';
      const checked = isMail ? checkMailAddress(address) : checkUrl(address, refuses);
      if (isMail && !canMail)
        throw new OrgRefusal('mail-not-set-up', 'no mail is sent: set MANYI_SMTP_SERVER');
      const secret = isMail ? null : newSecret();
      const sealed = secret === null ? null : (await seal()).close(sealName(id), Buffer.from(secret));
      const target: NewTarget = {
        ...{
          ...asked,
          id,
          sealed,
          name: readTitle(name, 'name'),
          address: checked,
        },
        ...{ madeAt: now(), madeBy: writeActor(by.actor) },
      };
      return store.change(async (tx) => {
        if ((await tx.targets()).length >= MOST_TARGETS)
          throw new OrgRefusal(
            'alert-targets-too-many',
            `there are ${MOST_TARGETS} already: remove some first`,
          );
        await tx.add(target);
        const { channel, unitId, kinds } = target;
        const ofVotes = (kinds ?? []).filter((kind) => !COUNTER_KINDS.includes(kind));
        if (ofVotes.length > 0 && holdsBack(unitId)) throw withheld(ofVotes, unitId);
        // A path or a query may be a secret of the receiver's, and whose mail it is, is theirs.
        const to = isMail ? target.address.replace(/^.*@/, '') : new URL(target.address).origin;
        const detail = { channel, name: target.name, to, unitId, kinds };
        return tx.audited(line(by, 'alert-target.add', id, detail), { target: await find(tx, id), secret });
      });
    },
    async renewSecret(by, id) {
      const secret = newSecret();
      const sealed = (await seal()).close(sealName(id), Buffer.from(secret));
      return store.change(async (tx) => {
        const { channel } = await find(tx, id);
        if (channel !== 'webhook')
          throw new OrgRefusal('alert-target-invalid', 'only a webhook has a secret');
        await tx.setSecret(id, sealed);
        return tx.audited(line(by, 'alert-target.renew-secret', id), { secret });
      });
    },
    remove: (by, id) =>
      store.change(async (tx) => {
        const { name } = await find(tx, id);
        await tx.remove(id, now());
        return tx.audited(line(by, 'alert-target.remove', id, { name }), undefined);
      }),
    test: (by, id) =>
      store.change(async (tx) => {
        const target = await find(tx, id);
        const delivery = newId('ad');
        const told: DeliveryBody = { id: delivery, event: 'test', at: now(), alert: null, path: [] };
        const body = JSON.stringify(told);
        const times = { madeAt: now(), dueAt: now() };
        await tx.tell([
          { id: delivery, targetKey: target.key, alertKey: null, event: 'test', body, ...times },
        ]);
        return tx.audited(line(by, 'alert-target.test', id), { delivery });
      }),
    async deliveries(limit, id) {
      return store.deliveries(limit, id === undefined ? undefined : (await find(store, id)).key);
    },
  };
}

const refuse = (what: string) => new OrgRefusal('alert-target-invalid', what);

const withheld = (kinds: readonly string[], unitId: string | null) =>
  new OrgRefusal(
    'alert-kinds-withheld',
    `${kinds.join(', ')}: by these, whoever reads for ${unitId} would learn of single votes, which are shown there in steps: leave them out, or name no unit`,
  );

/** @throws OrgRefusal `alert-target-invalid` */
function checkMailAddress(address: string): string {
  if (isMailAddress(address)) return address;
  throw refuse('give one address such as name@example.org, without a name before it');
}

/** @throws OrgRefusal `alert-target-invalid` */
function checkUrl(address: string, refuses: (url: URL) => string | null): string {
  if (address.length > MOST_ADDRESS_CHARS) throw refuse(`give at most ${MOST_ADDRESS_CHARS} characters`);
  // A browser drops line breaks in an address, and so would what follows them be taken for a part of it.
  const url = URL.canParse(address) && !/[\p{Cc}\s]/u.test(address) ? new URL(address) : null;
  if (url === null || !['https:', 'http:'].includes(url.protocol))
    throw refuse('give an address that begins with https://');
  if (url.username !== '' || url.password !== '' || url.hash !== '')
    throw refuse('give an address without a name, a password and a #');
  if (url.port === '0') throw refuse('port 0 is none: give the port of the receiver, or leave it out');
  const why = refuses(url);
  if (why !== null) throw refuse(why);
  return url.href;
}
