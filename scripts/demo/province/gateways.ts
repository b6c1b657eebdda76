/** The two gateways on one database. Either may be killed, and started again at the same ports. */
import { join } from 'node:path';
import type { Child } from '../processes/child.ts';
import { type Ports, startGateway } from '../processes/gateway.ts';
import type { Keeper } from '../processes/keeper.ts';

export type Letter = 'A' | 'B';
export const LETTERS: readonly Letter[] = ['A', 'B'];

export type ProvinceGateway = {
  readonly letter: Letter;
  readonly isUp: boolean;
  /** Of the wall and the API. */
  readonly url: string;
  readonly ports: Ports;
  /** Of the process that runs now, or ran last. */
  child(): Child | null;
  /** Resolves when it takes votes. @throws DemoError when it ends before. */
  start(): Promise<void>;
  kill(): Promise<void>;
  stop(graceMs: number, hurried: AbortSignal): Promise<void>;
};

export type ProvinceGatewayOptions = {
  letter: Letter;
  dataDir: string;
  database: string;
  adminPassword: string;
  isBalanced: boolean;
  /** 0 for a free one; what it was given first it has again. */
  ports: Ports;
  keeper: Keeper;
};

/** Where a gateway of a province has its keys: the data are in the database. */
export const folderOf = (dataDir: string, letter: Letter) => join(dataDir, `gateway-${letter.toLowerCase()}`);

const BALANCED = { MANYI_TRUSTED_PROXIES: '127.0.0.1', MANYI_MQTT_PROXY_PROTOCOL: 'v2' };

export function createGateway(options: ProvinceGatewayOptions): ProvinceGateway {
  const { letter, dataDir, database, adminPassword, isBalanced, keeper } = options;
  let { ports } = options;
  let child: Child | null = null;
  let isUp = false;
  return {
    letter,
    get isUp() {
      return isUp;
    },
    get url() {
      return `http://127.0.0.1:${ports.httpPort}`;
    },
    get ports() {
      return ports;
    },
    child: () => child,
    async start() {
      const started = startGateway({
        ...{ name: `Gateway ${letter}`, ports, adminPassword, keeper },
        dataDir: folderOf(dataDir, letter),
        env: { MANYI_DATABASE: database, ...(isBalanced && BALANCED) },
        logPath: join(dataDir, `gateway-${letter.toLowerCase()}.log`),
      });
      child = started.child;
      ports = await started.ready;
      isUp = true;
      void started.child.ended.then(() => {
        isUp = false;
      });
    },
    async kill() {
      await child?.kill();
    },
    async stop(graceMs, hurried) {
      await child?.stop(graceMs, hurried);
    },
  };
}
