/** The wiring of how alerts are told: webhooks, mail, sealed secrets, what waits on the disk. */
import type { AlertBook } from '../alerts/alert-book.ts';
import { createMayReach } from '../alerts/delivery/addresses.ts';
import { type Announcer, createAnnouncer } from '../alerts/delivery/announcer.ts';
import { createCourier } from '../alerts/delivery/courier.ts';
import type { DeliveryBody } from '../alerts/delivery/delivery-body.ts';
import { DeliveryFailure } from '../alerts/delivery/delivery-failure.ts';
import { createSendMail, type MailServer } from '../alerts/delivery/mail.ts';
import { createMailText } from '../alerts/delivery/mail-text.ts';
import { createTargetDesk, sealName, type TargetDesk } from '../alerts/delivery/target-desk.ts';
import { createSendWebhook, refusesAddress } from '../alerts/delivery/webhook.ts';
import type { Config } from '../config.ts';
import { zoneAt } from '../domain/unit-zones.ts';
import { createZonedTime } from '../domain/zoned-time.ts';
import { deliverAlerts } from '../jobs/deliver-alerts.ts';
import type { Job } from '../jobs/job.ts';
import type { MailSettings } from '../mail-settings.ts';
import { newId } from '../people/secrets.ts';
import type { AlertTarget } from '../store/alert-targets.ts';
import { openSecretSeal } from '../store/secret-seal.ts';
import { clocksOf } from '../verdicts/ground-rules.ts';
import type { RuleBook } from '../verdicts/rule-book.ts';
import type { Ground } from './ground.ts';

export type AlertDeliveryDeps = {
  config: Pick<Config, 'timeZone' | 'webhookNetworks' | keyof MailSettings>;
  ground: Pick<Ground, 'store' | 'registry' | 'now' | 'log' | 'storage'>;
  book: AlertBook;
  holdsBack(unitId: string | null): boolean;
  zonesOf: RuleBook['zonesOf'];
};

export type AlertDelivery = {
  told: Announcer;
  targets: TargetDesk;
  jobs: readonly Job[];
  settled(): Promise<void>;
};

export function openAlertDelivery({
  config,
  ground,
  book,
  holdsBack,
  zonesOf,
}: AlertDeliveryDeps): AlertDelivery {
  const { store, registry, now, log, storage } = ground;
  const seal = openSecretSeal(store.keys);
  const zoned = createZonedTime(config.timeZone);
  const mayReach = createMayReach(config.webhookNetworks);
  const sendWebhook = createSendWebhook(mayReach, now);
  const mailServer = mailServerOf(config);
  const sendMail = mailServer && createSendMail(mailServer);
  const mailText = createMailText({ zoned, publicAddress: config.publicAddress });
  const secretOf = async ({ id }: AlertTarget, sealed: Buffer | null): Promise<string> => {
    const secret = sealed && (await seal()).open(sealName(id), sealed);
    if (secret) return secret.toString();
    throw new DeliveryFailure(
      'webhook-secret-lost',
      `the key that the secret of ${id} is sealed with is gone`,
    );
  };
  const courier = createCourier({
    ...{ store: store.alertTargets, now, chance: Math.random, failed: storage.failed },
    async send(target, sealed, { id, event, body }) {
      if (target.channel === 'webhook')
        return sendWebhook({ url: target.address, secret: await secretOf(target, sealed), id, event, body });
      if (!sendMail) throw new DeliveryFailure('mail-not-set-up', 'MANYI_SMTP_SERVER is not set');
      const told = JSON.parse(body) as DeliveryBody;
      const about = told.alert?.id ?? null;
      await sendMail({
        ...{ to: target.address, id, about, at: new Date(told.at) },
        ...mailText(target.language, told),
      });
    },
    gaveUp: (target, { id }, reason) =>
      log.warn(
        { code: 'given-up', target: target.id, delivery: id, reason },
        'an alert could not be told, and is not tried any more',
      ),
  });
  return {
    told: createAnnouncer({
      ...{ tree: registry.tree, book, now, holdsBack },
      zonedOf({ unitId }) {
        const unit = registry.tree().unitById.get(unitId);
        if (!unit) return zoned;
        return clocksOf(zoneAt(zonesOf({ kind: 'unit', key: unit.key }), now())).zoned;
      },
      newId: () => newId('ad'),
      dropped: (count) =>
        log.warn(
          { code: 'queue-full', count },
          'more alerts wait to be told than are kept: the oldest are not',
        ),
    }),
    targets: createTargetDesk({
      ...{ store: store.alertTargets, seal, canMail: sendMail !== null, holdsBack, now, newId },
      refuses: (url) => refusesAddress(mayReach, url),
    }),
    jobs: [deliverAlerts({ isDue: courier.isDue, deliver: courier.deliver, failed: storage.failed })],
    settled: courier.settled,
  };
}

function mailServerOf(config: MailSettings): MailServer | null {
  const { smtpServer, smtpUser: user, mailFrom: from, smtpAuthorities: authorities } = config;
  if (smtpServer === null || from === null) return null;
  const password = config.smtpPassword ?? config.smtpPasswordFile;
  const account = user === null || password === null ? null : { user, password };
  return { ...smtpServer, account, authorities, from };
}
