// Shows the report of the client that a share link is for: what stands behind # reaches no log.
const token = location.hash.slice(1);
const say = (text) => {
  document.getElementById('state').textContent = text;
};
const ask = (path) => fetch(path, { headers: { Authorization: `Bearer ${token}` } });

async function show() {
  if (!token) {
    return say('This address is not whole: what stands behind # is missing. Copy the link once more.');
  }
  const me = await ask('/api/v1/me');
  if (!me.ok) {
    return say('This link is not valid any more. Ask whoever sent it for a new one.');
  }
  const { client } = await me.json();
  const answer = await ask(`/report/${encodeURIComponent(client)}${location.search}`);
  if (!answer.ok) {
    return say('The report cannot be shown now. Try again in a minute.');
  }
  const page = new DOMParser().parseFromString(await answer.text(), 'text/html');
  document.title = page.title;
  document.head.replaceChildren(...page.head.childNodes);
  document.body.replaceWith(page.body);
}

show().catch(() => say('The server does not answer. Try again in a minute.'));
