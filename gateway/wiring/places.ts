/** Where the gateway listens, with the settings that say so: for the sentence of one that cannot be had. */
import type { Place } from '../../protocol/process/listening.ts';
import type { Config } from '../config.ts';

export type Places = Pick<Config, 'mqttHost' | 'mqttPort' | 'httpHost' | 'httpPort'>;

export function placesOf({ mqttHost, mqttPort, httpHost, httpPort }: Places): { mqtt: Place; http: Place } {
  const named = (name: 'MQTT' | 'HTTP') => ({
    hostSetting: `MANYI_${name}_HOST`,
    portSetting: `MANYI_${name}_PORT`,
  });
  return {
    mqtt: { host: mqttHost, port: mqttPort, ...named('MQTT') },
    http: { host: httpHost, port: httpPort, ...named('HTTP') },
  };
}
