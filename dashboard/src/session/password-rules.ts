/** What the gateway will not take; it says so itself, this only says it before the button is pressed. */
export const LEAST_LENGTH = 12;
