/** From the agent's press to the patch in a WebSocket client's hands, with other votes in the background. */
import { createHome, startGateway } from './gateway.ts';
import { percentile } from './percentile.ts';
import { openPresser, type Stage } from './presser.ts';

export type PressFigures = { p50Ms: number; p99Ms: number; presses: number; backgroundVotesPerS: number };

const BACKGROUND_VOTES_PER_S = 500;
/** The one that is pressed, and those in the background. */
export const PRESS_TERMINALS = 101;

export type OpenStage = Stage & { close(): Promise<void> };

async function openStage(): Promise<OpenStage> {
  const home = await createHome(PRESS_TERMINALS);
  const { child, mqttPort, httpPort } = await startGateway(home.dataDir);
  return {
    ...{ home, mqttPort, httpPort },
    async close() {
      await child.end();
      home.dispose();
    },
  };
}

export async function measurePressToWall(
  presses: number,
  open: () => Promise<OpenStage> = openStage,
): Promise<PressFigures> {
  const { close, ...stage } = await open();
  const presser = await openPresser(stage, BACKGROUND_VOTES_PER_S);
  const latencies: number[] = [];
  for (let press = 1; press <= presses; press++) latencies.push(await presser.press());
  await presser.close();
  await close();
  return pressFigures(latencies, BACKGROUND_VOTES_PER_S);
}

export function pressFigures(latencies: number[], backgroundVotesPerS: number): PressFigures {
  latencies.sort((a, b) => a - b);
  return {
    p50Ms: percentile(latencies, 0.5),
    p99Ms: percentile(latencies, 0.99),
    presses: latencies.length,
    backgroundVotesPerS,
  };
}
