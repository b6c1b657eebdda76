/** Where the gateway listens unless it is told otherwise, and where it is therefore looked for. */
export const MQTT_PORT = 8883;
export const HTTP_PORT = 8080;
