"use strict";
(() => {
  const held = "HELD";
  const plain = (text) => text.toLowerCase().replace(/£/g, " pounds ").normalize("NFKD").replace(/[\u0300-\u036f'’]/g, "").replace(/[^a-z0-9]+/g, " ").trim();
  const padded = (text) => ` ${plain(text)} `;
  const idle = new Set(plain("a an and any are at be been being by can could did do does for from had has have here how i if in into is it its many me much my of on or our should so some that the their them there they this to us was we were what when where which who why will with would you your happen happened happening about get gets getting got going goes tell show people person anybody anyone somebody someone much thing things really actually vs mean means meaning explain").split(" "));
  const meanings = new Map();
  for (const [searched, finds] of held.synonyms) {
    for (const phrase of searched.map(plain)) {
      meanings.set(phrase, [...(meanings.get(phrase) ?? []), ...finds.map(plain).filter(Boolean)]);
    }
  }
  const longest = Math.max(1, ...[...meanings.keys()].map((phrase) => phrase.split(" ").length));
  const titles = held.pages.map(([, title]) => padded(title));
  // A field counts by how surely it says what a finding is about: its page's title first.
  const entries = held.findings.map(([pages, answer, sentence, detail, other]) => ({
    pages, answer, sentence, detail,
    fields: [[2, padded(sentence)], [1, padded(other)], [1, padded(detail)]],
    asked: answer ? padded(held.pages[pages[0][0]][2]) : " ",
  }));
  const vocabulary = new Map();
  for (const text of [...titles, ...entries.flatMap((one) => one.fields.map(([, field]) => field)), ...[...meanings.keys()].filter((phrase) => !phrase.includes(" "))]) {
    for (const word of text.split(" ")) vocabulary.set(word, (vocabulary.get(word) ?? 0) + 1);
  }

  /** A word without its ending, so that "arrested" finds "arrests". */
  function stem(word) {
    if (word.length < 5) return word.replace(/(?<=[a-z]{3})s$/, "");
    return word.replace(/ies$/, "y").replace(/sses$/, "ss").replace(/(?<!s)s$/, "").replace(/(?<=.{4})(ed|ing)$/, "");
  }

  /** How well a text holds a phrase: 1 as it is, less as a word's beginning, 0 not at all. */
  function holding(text, phrase) {
    const several = phrase.endsWith("y") ? `${phrase.slice(0, -1)}ies` : `${phrase}s`;
    if (text.includes(` ${phrase} `) || text.includes(` ${several} `)) return 1;
    return phrase.length > 2 && text.includes(` ${phrase}`) ? (phrase.length > 3 ? 0.7 : 0.3) : 0;
  }

  /** The words asked, those that one row of the synonyms holds as a phrase together. */
  function phrased(words) {
    const found = [];
    for (let at = 0; at < words.length;) {
      let size = Math.min(longest, words.length - at);
      while (size > 1 && !meanings.has(words.slice(at, at + size).join(" "))) size -= 1;
      found.push(words.slice(at, at + size).join(" "));
      at += size;
    }
    return found;
  }

  /** What is asked for, part by part: each part with the phrases that would answer to it. */
  function parts(words) {
    return phrased(words).filter((phrase) => !idle.has(phrase)).map((phrase) => {
      // The words of the pages count most; those typed count fully where pages use them too.
      const finds = meanings.get(phrase) ?? meanings.get(stem(phrase)) ?? [];
      const own = !finds.length || finds.includes(phrase) ? 1 : 0.5;
      const phrases = new Map([[phrase, own]]);
      if (!phrase.includes(" ")) phrases.set(stem(phrase), 0.95 * own);
      for (const other of finds) phrases.set(other, Math.max(0.85, phrases.get(other) ?? 0));
      return { phrase, phrases: [...phrases] };
    });
  }

  const best = (text, part) => Math.max(...part.phrases.map(([phrase, weight]) => weight * holding(text, phrase)));

  /** How far two words are apart: letters put in, left out, changed or swapped. */
  function distance(one, other) {
    const rows = [Array.from({ length: other.length + 1 }, (_, j) => j)];
    for (let i = 1; i <= one.length; i += 1) {
      rows.push([i]);
      for (let j = 1; j <= other.length; j += 1) {
        const changed = rows[i - 1][j - 1] + (one[i - 1] !== other[j - 1]);
        rows[i][j] = Math.min(rows[i - 1][j] + 1, rows[i][j - 1] + 1, changed);
        if (i > 1 && j > 1 && one[i - 1] === other[j - 2] && one[i - 2] === other[j - 1]) {
          rows[i][j] = Math.min(rows[i][j], rows[i - 2][j - 2] + 1);
        }
      }
    }
    return rows[one.length][other.length];
  }

  /** The known word that is nearest to one that nothing holds, or the word itself. */
  function nearest(word) {
    const known = [...vocabulary.keys()].some((one) => one.startsWith(stem(word)));
    if (known || word.length < 4 || idle.has(word)) return word;
    const most = word.length > 6 ? 2 : 1;
    let found = word, least = most + 1;
    for (const [other, times] of vocabulary) {
      if (Math.abs(other.length - word.length) > most || other.length < 4) continue;
      const apart = distance(word, other) - Math.min(times, 99) / 1000;
      if (apart < least && apart <= most) [found, least] = [other, apart];
    }
    return found;
  }

  /** How many words of a title were not asked for. */
  function left(title, asked) {
    const words = title.trim().split(" ").filter((word) => !idle.has(word));
    const phrases = asked.flatMap((part) => part.phrases.map(([phrase]) => phrase.split(" "))).flat();
    return words.filter((word) => !phrases.some((phrase) => word.startsWith(phrase))).length;
  }

  /** A finding's worth for the parts asked, with the page of its pages that fits best. */
  function judged(entry, asked, rarity) {
    const total = rarity.reduce((sum, one) => sum + one, 0);
    let worth = 0, covered = 0, told = 0, page = entry.pages[0], fit = -1;
    for (const candidate of entry.pages) {
      const title = titles[candidate[0]];
      const named = asked.map((part) => best(title, part));
      const spare = left(title, asked);
      const value = named.reduce((sum, one, k) => sum + one * rarity[k], 0) / (1 + 0.1 * spare) - 0.01 * spare;
      if (value > fit) [page, fit] = [candidate, value];
    }
    const title = titles[page[0]], spare = left(title, asked);
    asked.forEach((part, k) => {
      const texts = [[4 / (1 + 0.1 * spare), title], [1.8, entry.asked], ...entry.fields];
      const values = texts.map(([weight, text]) => weight * best(text, part)).sort((a, b) => b - a);
      if (values[0] > 0) [covered, told] = [covered + rarity[k], told + 1];
      worth += rarity[k] * (values[0] + 0.25 * values[1]);
    });
    return { entry, page, whole: told >= asked.length / 2, worth: worth * (covered / total) ** 2 * (entry.answer ? 1.25 : 1) * 0.94 ** spare };
  }

  /** Pages for what is asked, best first, each with its best findings; a term; the words taken. */
  globalThis.lookUp = (text) => {
    const words = plain(text).split(" ").filter(Boolean);
    const known = phrased(words).map((phrase) => (meanings.has(phrase) ? phrase : nearest(phrase))).join(" ").split(" ").filter(Boolean);
    const asked = parts(known);
    if (!asked.length) return { pages: [], findings: 0, term: null, instead: "", unknown: [] };
    const texts = entries.map((one) => [...new Set(one.pages.map(([at]) => titles[at])), one.asked, ...one.fields.map(([, field]) => field)].join(""));
    const times = asked.map((part) => texts.filter((one) => best(one, part) > 0).length);
    const rarity = times.map((one) => Math.log(1 + texts.length / (1 + one)));
    const some = entries.map((entry) => judged(entry, asked, rarity)).filter((hit) => hit.worth > 0);
    const hits = some.some((hit) => hit.whole) ? some.filter((hit) => hit.whole) : some;
    const byPage = new Map();
    for (const hit of hits.sort((a, b) => b.worth - a.worth)) {
      const at = hit.page[0];
      byPage.set(at, [...(byPage.get(at) ?? []), hit]);
    }
    const pages = [...byPage].map(([at, found]) => ({
      path: held.pages[at][0], title: held.pages[at][1], family: held.pages[at][3], findings: found,
      worth: found.slice(0, 4).reduce((sum, hit, k) => sum + hit.worth * (k ? 0.2 : 1), 0),
    }));
    const whole = asked.map((part) => part.phrase).join(" ");
    const term = held.terms.find(([name]) => [whole, stem(whole)].includes(plain(name)));
    // Pages of one sweep hold much the same: the main one leads unless another's own words were
    // asked for, and each counts less than the one before it.
    for (const page of pages) {
      const main = pages.find((one) => page.path.startsWith(one.path.replace(/html$/, "").replace(/\.$/, "/")));
      if (main && left(padded(page.title), asked) > left(padded(main.title), asked) && main.worth <= page.worth) main.worth = page.worth * 1.001;
    }
    pages.sort((a, b) => b.worth - a.worth);
    const earlier = new Map();
    for (const page of pages) {
      const before = earlier.get(page.family) ?? 0;
      page.worth *= 0.7 ** before;
      earlier.set(page.family, before + 1);
    }
    return {
      pages: pages.sort((a, b) => b.worth - a.worth),
      findings: pages.reduce((sum, one) => sum + one.findings.length, 0),
      term: term ?? null,
      unknown: asked.filter((part, k) => !times[k]).map((part) => part.phrase),
      instead: known.join(" ") === words.join(" ") ? "" : known.join(" "),
    };
  };
})();
