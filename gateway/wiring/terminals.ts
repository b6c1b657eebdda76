/** The second step: the terminals, who they are, and what becomes of what they say. Its door is the last step. */
import { createPresence, type Presence } from '../fleet/presence.ts';
import { expireCommands } from '../jobs/expire-commands.ts';
import type { Job } from '../jobs/job.ts';
import { noteFirstUses } from '../jobs/note-first-uses.ts';
import { save } from '../jobs/save.ts';
import { type Closable, openInOrder } from './closing.ts';
import type { Ground } from './ground.ts';
import type { NeighboursStep } from './neighbours.ts';
import { createPutAway, type PutAway } from './put-away.ts';
import { createSignal, type Heard } from './signal.ts';
import { createSpeaker, type Everywhere, showEverywhere } from './standings.ts';
import { createTerminalAccess, type TerminalAccess, type TerminalAccessDeps } from './terminal-access.ts';
import { openVotes, type Votes, type VotesDeps } from './votes.ts';

export type TerminalsDeps = {
  config: TerminalAccessDeps['config'] & VotesDeps['config'];
  ground: Ground;
  neighbours: NeighboursStep;
};

export type Terminals = {
  access: TerminalAccess;
  /** Of those that are connected here. */
  presence: Presence;
  /** Of all, whichever gateway they are connected to. */
  everywhere: Everywhere;
  putAway: PutAway;
  votes: Votes;
  /** Is told to a terminal, by whoever is at the door; what is not retained is for those that are there. */
  said: Heard<[topic: string, payload: string]>;
  say(topic: string, payload: string): void;
  /** Something is known of a terminal that was not: the row of its window is another one. */
  touched: Heard<[terminalId: string]>;
  jobs: readonly Job[];
};

/** @throws StoreFailure, and what keeps the certificate authority from being opened. */
export function openTerminals({ config, ground, neighbours }: TerminalsDeps): Promise<Terminals & Closable> {
  const { log, now, monotonic, store, registry, metrics, storage, changes, decisions } = ground;
  return openInOrder(log, async (onClose) => {
    const [said, touched] = [createSignal<[string, string]>(), createSignal<[string]>()];
    const access = await createTerminalAccess({
      ...{ config, registry, now, monotonic, log },
      store: store.fleet,
      keys: store.keys,
      follow: changes.look,
      changed: changes.tell,
    });
    const presence = createPresence(registry.terminals(), now, (terminalId, online) => {
      log.debug({ terminalId, online }, 'terminal presence');
      touched.tell(terminalId);
    });
    touched.listen((terminalId) => {
      const terminal = registry.terminal(terminalId);
      if (terminal) neighbours.touched(terminal.key);
    });
    const isElsewhere = ({ id, key }: { id: string; key: number }) =>
      !presence.isOnline(id) && neighbours.elsewhere.isOnline(key);
    const putAway = await createPutAway({
      ...{ registry, log, now, monotonic },
      store: store.commands,
      isHere: presence.isOnline,
      isElsewhere(terminalId) {
        const terminal = registry.terminal(terminalId);
        return terminal !== undefined && isElsewhere(terminal);
      },
      look: changes.look,
      say: said.tell,
      touch: touched.tell,
      writtenOff: decisions.follow,
      storageFailed: storage.failed,
    });
    metrics.watchJournals(putAway.health);
    const votes = await openVotes({
      ...{ config, ground, neighbours },
      say: said.tell,
      touch: touched.tell,
      isAskedFor: putAway.isAskedFor,
    });
    onClose('what judges stored votes', votes.close);
    neighbours.heard.touched.listen((terminalKey) => {
      const terminal = registry.terminalByKey(terminalKey);
      if (terminal && isElsewhere(terminal)) votes.clocks.left(terminal.id);
    });
    storage.rereading.listen(access.reload);
    changes.heard.listen(async () => {
      await access.reload();
      await putAway.follow();
    });
    const everywhere = showEverywhere({
      registry,
      presence,
      putAway,
      votes,
      elsewhere: neighbours.elsewhere,
    });
    neighbours.speakAs(createSpeaker({ registry, presence, putAway, votes, connections: presence.count }));
    const saveSaid = async () => {
      await votes.journals.save();
      await putAway.save();
      await store.org.noteSeen(
        presence.takeSeen().flatMap(({ terminalId, at }) => {
          const terminal = registry.terminal(terminalId);
          return terminal ? [{ terminalKey: terminal.key, at }] : [];
        }),
        now(),
      );
    };
    onClose('what terminals last said', async () => {
      try {
        await saveSaid();
      } catch (error) {
        log.error({ err: error }, 'what terminals last said could not be saved: they will say it again');
      }
    });
    onClose('ingest', async () => {
      await votes.ingest.settled();
      votes.ingest.stop();
    });
    const jobs = [
      save('terminals', { storage, save: saveSaid }),
      noteFirstUses({ save: access.save, failed: storage.failed }),
      ...votes.jobs,
      expireCommands({ hasExpired: putAway.hasExpired, expire: putAway.expire, failed: storage.failed }),
    ];
    return { access, presence, everywhere, putAway, votes, said, say: said.tell, touched, jobs };
  });
}
