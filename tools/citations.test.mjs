/** The citation check, on a small RFC of its own. */

import { describe, expect, it } from 'vitest';
import { checkCitations, readCitations } from './citations.mjs';
import { formatRfcMap } from './rfc-map.mjs';
import { parseRfc } from './rfc-text.mjs';

const RFC = parseRfc(`
   1.  Introduction ..................................................3
   9.  Only in the Contents ..........................................7

1.  Introduction

   The server MUST send its
   hello with an "unexpected-
   looking" alert.

Author                       Standards Track                    [Page 1]
\f
RFC 1                       An Example                        May 2000

   It MAY then wait.

1.1.  Details

   A client MUST NOT wait for more than two flights.

Appendix A.  Numbers

   None.

A.1.  More Numbers

   Zero is a number.
`);

/** @param {string} source */
function problems(source) {
  return readCitations(source).flatMap((comment) => checkCitations(comment, new Map([[1, RFC]])));
}

describe('a citation', () => {
  it('is right when the section exists', () => {
    expect(problems('// RFC 1 §1.1 and RFC 1 §A.1, RFC 1 §A.')).toEqual([]);
  });

  it('is wrong when the section stands only in the table of contents', () => {
    expect(problems('// RFC 1 §9')).toEqual(['RFC 1 has no §9']);
  });

  it('may name several sections', () => {
    expect(problems('// RFC 1 §1, §7 and §8')).toEqual(['RFC 1 has no §7', 'RFC 1 has no §8']);
  });

  it('of an RFC that is not at hand is let pass', () => {
    expect(problems('// RFC 2 §9')).toEqual([]);
  });

  it('in a string, a template or a regular expression is none', () => {
    expect(problems("const a = '// RFC 1 §9', b = `/* RFC 1 §9 */ $" + "{'// RFC 1 §9'}`, c = /[/]/ /* RFC 1 §8 */;")).toEqual([
      'RFC 1 has no §8',
    ]);
  });
});

describe('a test', () => {
  it('may cite in a title', () => {
    const [title] = readCitations("it('waits (RFC 1 §1.1)');", 'comments and strings');
    expect(title?.citations).toMatchObject([{ rfc: 1, section: '1.1' }]);
  });
});

describe('a quote', () => {
  it('is right when it stands in the section, over lines, pages and hyphens', () => {
    expect(
      problems('/**\n * RFC 1 §1: "MUST send its hello\n * with an \'unexpected-looking\' alert. It MAY then wait"\n */'),
    ).toEqual([]);
  });

  it('is right when it stands in a part of the section', () => {
    expect(problems('// "A client MUST NOT wait for more" (RFC 1 §1)')).toEqual([]);
  });

  it('is wrong when a word differs', () => {
    expect(problems('// RFC 1 §1.1: "A client MUST NOT wait for two flights"')).toEqual([
      'not in RFC 1: "A client MUST NOT wait for two flights"',
    ]);
  });

  it('is wrong in another section, and says in which it is', () => {
    expect(problems('// RFC 1 §A.1: "A client MUST NOT wait"')).toEqual([
      'not in RFC 1 §A.1, but in RFC 1 §1.1: "A client MUST NOT wait"',
    ]);
  });

  it('may leave words out', () => {
    expect(problems('// RFC 1 §1.1: "A client MUST NOT … more than two"')).toEqual([]);
    expect(problems('// RFC 1 §1.1: "more than two … A client MUST NOT"')).toHaveLength(1);
  });

  it('belongs to the nearest citation', () => {
    expect(problems('// RFC 1 §1.1, and long after that: "Zero is a number" (RFC 1 §A.1)')).toEqual([]);
  });

  it('belongs to the citation that it stands behind with a colon', () => {
    const long = '// RFC 1 §1.1: "A client MUST NOT wait for more than two flights", RFC 1 §A.1';
    expect(problems(long)).toEqual([]);
  });

  it('of an RFC that is not at hand is wrong', () => {
    expect(problems('// RFC 2: "three words long"')).toHaveLength(1);
  });

  it('is neither code, nor a term, nor the name of a registry', () => {
    expect(problems('// RFC 1: `"not a quote at all"`, "two words", IANA "The Registry of Numbers"')).toEqual([]);
  });

  it('may run over several line comments', () => {
    expect(problems('// RFC 1 §1.1: "A client MUST NOT\n// wait for more"\nconst a = 1;')).toEqual([]);
    expect(problems('// RFC 1 §1.1: "A client MUST NOT\n// wait for less"\nconst a = 1;')).toHaveLength(1);
  });
});

describe('the map', () => {
  const file = (/** @type {string} */ name, /** @type {string} */ source) => ({
    file: `packages/foxtls/src/${name}`,
    comments: readCitations(source),
  });

  it('names the files that quote a requirement, and marks the sections that are cited', () => {
    const map = formatRfcMap(1, new Map([[1, RFC]]), [
      file('a.ts', '// RFC 1 §1.1: "A client MUST NOT wait"'),
      file('b.test.ts', '// RFC 1 §1'),
    ]);
    expect(map).toContain('2 requirements. In code: 1 quoted, 0 more in a section that is cited. In tests: 0 quoted, 1 more');
    expect(map).toContain('| 1 | The server MUST send its hello with an "unexpected-looking" alert. |  | § |');
    expect(map).toContain('| 1.1 | A client MUST NOT wait for more than two flights. | a.ts |  |');
  });
});
