/**
 * A warning of the process when something of `foxtls/legacy` is negotiated: once for each thing, for there may be a context for each connection.
 */

export const warnOfLegacy: (message: string, name: string) => void = onceForEach((message, name) => {
  process.emitWarning(message, { type: 'FoxtlsLegacyWarning', code: name });
});

function onceForEach(warn: (message: string, name: string) => void): (message: string, name: string) => void {
  const told = new Set<string>();
  return (message, name) => {
    if (told.has(name)) return;
    told.add(name);
    warn(message, name);
  };
}
