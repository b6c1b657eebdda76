import { type Command, InvalidArgumentError } from 'commander';
import { show } from '../output.ts';
import type { WithStore } from '../with-store.ts';

const SHOWN_PAYLOAD_CHARS = 80;

function checkLimit(text: string): number {
  const limit = Number(text);
  if (!/^\d+$/.test(text) || limit < 1 || limit > 10_000)
    throw new InvalidArgumentError('a whole number from 1 to 10000');
  return limit;
}

/** What terminals sent and the gateway did not accept: the first thing to look at when a terminal misbehaves. */
export function registerQuarantineCommands(program: Command, withStore: WithStore): void {
  program
    .command('quarantine')
    .description('messages and votes set aside, with the reason')
    .command('list')
    .description('the newest of them')
    .option('--limit <n>', 'how many, newest first', checkLimit, 50)
    .action(({ limit }: { limit: number }) =>
      withStore.reading(async ({ votes }, json) => {
        const records = await votes.setAside(limit);
        show(
          records.map(({ receivedAt, reason, terminalId, seq, payload }) => ({
            at: new Date(receivedAt).toISOString(),
            reason,
            terminal: terminalId,
            seq,
            payload: json ? payload : payload.slice(0, SHOWN_PAYLOAD_CHARS),
          })),
          json,
        );
      }),
    );
}
