/** The wiring of how alerts are told: webhooks, sealed secrets, what waits on the disk. */
import type { AlertBook } from '../alerts/alert-book.ts';
import { createMayReach } from '../alerts/delivery/addresses.ts';
import { type Announcer, createAnnouncer } from '../alerts/delivery/announcer.ts';
import { createCourier } from '../alerts/delivery/courier.ts';
import { DeliveryFailure } from '../alerts/delivery/delivery-failure.ts';
import { createTargetDesk, sealName, type TargetDesk } from '../alerts/delivery/target-desk.ts';
import { createSendWebhook } from '../alerts/delivery/webhook.ts';
import type { Config } from '../config.ts';
import { createZonedTime } from '../domain/zoned-time.ts';
import { deliverAlerts } from '../jobs/deliver-alerts.ts';
import type { Job } from '../jobs/job.ts';
import { newId } from '../people/secrets.ts';
import type { AlertTarget } from '../store/alert-targets.ts';
import { openSecretSeal } from '../store/secret-seal.ts';
import type { Ground } from './ground.ts';

export type AlertDeliveryDeps = {
  config: Pick<Config, 'timeZone' | 'webhookNetworks'>;
  ground: Pick<Ground, 'store' | 'registry' | 'now' | 'log' | 'storage'>;
  book: AlertBook;
};

export type AlertDelivery = {
  told: Announcer;
  targets: TargetDesk;
  jobs: readonly Job[];
  settled(): Promise<void>;
};

export function openAlertDelivery({ config, ground, book }: AlertDeliveryDeps): AlertDelivery {
  const { store, registry, now, log, storage } = ground;
  const seal = openSecretSeal(store.keys);
  const sendWebhook = createSendWebhook(createMayReach(config.webhookNetworks), now);
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
      await sendWebhook({ url: target.address, secret: await secretOf(target, sealed), id, event, body });
    },
    gaveUp: (target, { id }, reason) =>
      log.warn(
        { code: 'given-up', target: target.id, delivery: id, reason },
        'an alert could not be told, and is not tried any more',
      ),
  });
  return {
    told: createAnnouncer({
      ...{ tree: registry.tree, book, now, zoned: createZonedTime(config.timeZone) },
      newId: () => newId('ad'),
      dropped: (count) =>
        log.warn(
          { code: 'queue-full', count },
          'more alerts wait to be told than are kept: the oldest are not',
        ),
    }),
    targets: createTargetDesk({ store: store.alertTargets, seal, now, newId }),
    jobs: [deliverAlerts({ isDue: courier.isDue, deliver: courier.deliver, failed: storage.failed })],
    settled: courier.settled,
  };
}
