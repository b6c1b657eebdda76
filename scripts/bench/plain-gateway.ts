/** The gateway as it is, but for MQTT without TLS: what TLS costs is the difference. Said on loopback only. */
import { pino } from 'pino';
import { readConfig } from '../../gateway/config.ts';
import { startGateway } from '../../gateway/wiring/gateway.ts';

const config = { ...readConfig(), mqttHost: '127.0.0.1' };
const log = pino({ level: config.logLevel, base: { name: 'gateway' } });
const { httpPort, mqttPort, stop } = await startGateway(config, log, 'plain');
log.info({ httpPort, mqttPort }, 'gateway ready');
process.once('SIGTERM', () => void stop().then(() => process.exit(0)));
