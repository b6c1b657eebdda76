/** Opens the gateway, or its first steps, in this process and closes it again; says how that went, and what the process holds. */
import { readdirSync, readlinkSync } from 'node:fs';
import { pino } from 'pino';
import { readConfig } from '../../dist/gateway/config.js';
import { openAlerts } from '../../dist/gateway/wiring/alerts.js';
import { openDoor } from '../../dist/gateway/wiring/door.js';
import { startGateway } from '../../dist/gateway/wiring/gateway.js';
import { openGround } from '../../dist/gateway/wiring/ground.js';
import { openNeighbours } from '../../dist/gateway/wiring/neighbours.js';
import { openScores } from '../../dist/gateway/wiring/scores.js';
import { openTerminals } from '../../dist/gateway/wiring/terminals.js';
import { openWeb } from '../../dist/gateway/wiring/web.js';

const { upTo, env } = JSON.parse(process.argv[2]);
const config = readConfig(env);
const log = pino({ level: 'warn' }, process.stderr);

/** Every step up to one; each is given back by itself, the last one first. */
async function openSteps() {
  const opened = [];
  const open = async (step) => {
    opened.unshift(await step);
    return opened[0];
  };
  const deps = { config, log, now: Date.now, monotonic: () => performance.now(), logLinesLost: () => 0 };
  const steps = {
    ground: () => openGround(deps),
    neighbours: (earlier) => openNeighbours(earlier),
    terminals: (earlier) => openTerminals({ config, ...earlier }),
    scores: (earlier) => openScores({ config, ...earlier }),
    alerts: (earlier) => openAlerts({ config, ...earlier }),
    web: (earlier) => openWeb({ config, version: 'test', ownCertificate: null, ...earlier }),
    door: (earlier) => openDoor({ config, transport: 'tls', ...earlier }),
  };
  const earlier = {};
  for (const [name, openStep] of Object.entries(steps)) {
    earlier[name] = await open(openStep(earlier));
    if (name === upTo) break;
  }
  return async () => {
    for (const step of opened) await step.close();
  };
}

const attempt = async () => {
  try {
    const stop = upTo === 'gateway' ? (await startGateway(config, log)).stop : await openSteps();
    await stop();
    return 'ok';
  } catch (error) {
    return error.code ?? String(error.stack);
  }
};

/** Of this process: open descriptors by what they are of, and whatever would keep it from ending. */
function held() {
  const files = readdirSync('/proc/self/fd').flatMap((fd) => {
    try {
      return [readlinkSync(`/proc/self/fd/${fd}`).replace(/:\[\d+\]$/, '')];
    } catch {
      return [];
    }
  });
  return { files: files.sort(), resources: process.getActiveResourcesInfo().sort() };
}

/** What is closed is gone a turn or two later. */
const settle = async () => {
  for (let turn = 0; turn < 10; turn++) await new Promise((resolve) => setImmediate(resolve));
};

process.on('message', async (what) => {
  if (what === 'attempt') process.send(await attempt());
  else {
    await settle();
    process.send(held());
  }
});
