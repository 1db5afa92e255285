// The game, as in app/game.py. Times are seconds of any clock.

export const SECONDS = 20;
const RECOGNISED = 0.7; // probability at or above which a drawing counts as recognised
// Categories of the dataset that take no article, as in app/game.py: plural nouns, mass nouns and the like.
const BARE = new Set(
  (
    "animal migration,asparagus,binoculars,bread,broccoli,camouflage,drums,eyeglasses,flip flops,grapes,grass," +
    "headphones,lightning,matches,pants,peas,pliers,rain,rollerskates,scissors,shorts,stairs,stitches,toothpaste," +
    "underwear,yoga"
  ).split(","),
);

// A new round, with a prompt different from that of the previous round if possible.
export function nextRound(classes, before, now) {
  const prompts = classes.filter((name) => name !== "negative" && !(classes.length === 2 && name.startsWith("not ")));
  const others = prompts.filter((name) => name !== before?.prompt);
  const from = others.length ? others : prompts;
  const prompt = from[Math.floor(Math.random() * from.length)];
  return { number: (before?.number ?? 0) + 1, prompt, start: now, seconds: null, over: false };
}

// The round after the model's top class is `leader`, with that probability.
export function judge(round, leader, probability, now) {
  if (round.over) return round;
  const seconds = now - round.start;
  if (seconds > SECONDS) return { ...round, over: true };
  if (leader === round.prompt && probability >= RECOGNISED) return { ...round, over: true, seconds };
  return round;
}

// A round as the pad displays it.
export function shownRound(round, won, leader, now) {
  if (!round) return null;
  const thing = withArticle(round.prompt);
  const score = `${won} of ${round.number} recognised.`;
  if (!round.over) {
    return { state: "drawing", title: `Draw ${thing}`, hint: "", left: Math.max(0, round.start + SECONDS - now) };
  }
  if (round.seconds !== null) {
    return { state: "won", title: `Yes, ${thing}!`, hint: `Recognised after ${round.seconds.toFixed(1)} s. ${score}`, left: 0 };
  }
  const taken = leader && leader !== round.prompt ? `It guessed ${withArticle(leader)}. ` : leader ? "Almost. " : "";
  return { state: "lost", title: `Time is up: ${thing}`, hint: taken + score, left: 0 };
}

// "a cat", "an apple", "the Eiffel Tower", "scissors".
export function withArticle(name) {
  if (BARE.has(name) || name.startsWith("not ")) return name;
  if (name.startsWith("The ")) return "the " + name.slice(4);
  const an = "aeio".includes(name[0]) || name === "hourglass" || name === "umbrella";
  return (an ? "an " : "a ") + name;
}
