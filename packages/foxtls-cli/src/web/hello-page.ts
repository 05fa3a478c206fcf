/** The page of `tls-server`, and the reply that it comes in. */

const PAGE = `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>Hello World</title>
<link rel="icon" href="data:,">
<style>
body { background-color: black; }
h1 { font-size: 3cm; text-align: center; color: white; text-shadow: 0 0 3mm yellow; }
</style>
</head>
<body><h1>Hello, world!</h1></body>
</html>
`;

/** RFC 9112 §9.3: whether the connection goes on is said in the reply. */
export function helloReply({ isHead, keepsAlive }: { readonly isHead: boolean; readonly keepsAlive: boolean }): string {
  const head = [
    'HTTP/1.1 200 OK',
    'Content-Type: text/html; charset=utf-8',
    `Content-Length: ${Buffer.byteLength(PAGE)}`,
    `Connection: ${keepsAlive ? 'keep-alive' : 'close'}`,
  ];
  return `${head.join('\r\n')}\r\n\r\n${isHead ? '' : PAGE}`;
}

/** To a head that is longer than we read (RFC 6585 §5). */
export const TOO_LONG = 'HTTP/1.1 431 Request Header Fields Too Large\r\nContent-Length: 0\r\nConnection: close\r\n\r\n';
