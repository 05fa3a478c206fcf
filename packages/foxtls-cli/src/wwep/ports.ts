/** The ports of WWEP and the host of the course. */

export const PLAIN_PORT = 27708;
export const SECURE_PORT = 40508;
export const DEFAULT_HOST = 'wwep.ww101.cypress.com';
/** Where it was in the course's own network, which has no name server that others could ask. */
export const DEFAULT_ADDRESS = '198.51.100.3';
