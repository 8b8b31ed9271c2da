// Half-made bookings, put aside while another caller is on the line. They live in this tab only and go with it.

const KEY = "parked";

export const all = () => JSON.parse(sessionStorage.getItem(KEY) ?? "[]");

const keep = (drafts) => sessionStorage.setItem(KEY, JSON.stringify(drafts));

export function park(title, entries) {
  keep([...all(), { title, entries }]);
}

export function take(index) {
  const drafts = all();
  const [draft] = drafts.splice(index, 1);
  keep(drafts);
  return draft;
}
