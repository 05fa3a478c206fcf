/** The provider that the faces of Node are bound to. */
export { nodeProvider as provider } from '../crypto/node/provider.ts';
