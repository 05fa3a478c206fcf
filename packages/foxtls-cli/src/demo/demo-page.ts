/**
 * The page that the demo serves: what this very connection negotiated.
 */

export interface Fact {
  readonly name: string;
  readonly value: string;
}

export function demoPage(facts: readonly Fact[]): string {
  const rows = facts
    .map(({ name, value }) => `      <tr><th>${escapeHtml(name)}</th><td>${escapeHtml(value)}</td></tr>`)
    .join('\n');
  return `<!doctype html>
<html lang="en">
<head>
  <meta charset="utf-8">
  <meta name="viewport" content="width=device-width, initial-scale=1">
  <title>foxtls</title>
  <link rel="icon" href="data:,">
  <style>
    body { margin: 0; min-height: 100vh; display: grid; place-content: center; background: #17120d; color: #f5ede3; font: 18px/1.6 system-ui, sans-serif; }
    h1 { margin: 0; font-size: 3em; color: #ff9a3c; }
    p { margin: 0.2em 0 1.4em; color: #cbbba8; }
    table { border-collapse: collapse; }
    th, td { text-align: left; padding: 0.35em 1.4em 0.35em 0; border-top: 1px solid #3a2f24; }
    th { font-weight: 500; color: #cbbba8; }
    td { font-family: ui-monospace, monospace; }
  </style>
</head>
<body>
  <main>
    <h1>foxtls</h1>
    <p>This page came over TLS 1.3 that is TypeScript from the record layer to the certificate.</p>
    <table>
${rows}
    </table>
  </main>
</body>
</html>
`;
}

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
