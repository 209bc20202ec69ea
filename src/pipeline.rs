//! The way of an article through all stages, for many articles at once.
//!
//! ```text
//! reader thread -> batches -> worker threads -> reorder buffer -> the caller's sink, in input order
//! ```
//!
//! - Articles travel in numbered batches, so that the sentences of several short articles can share one run of the
//!   model. What comes out does not depend on how articles are grouped, nor on the number of workers.
//! - Memory is bounded: the reader waits while the batches that are on their way (also those that wait in the reorder
//!   buffer for a slow one before them) hold more text than [`Config::text_on_the_way`].
//! - A long article is shared: its worker lays parts of it out for the others, who take them before new batches, so that
//!   no core waits for another one's long article.
//! - A record that cannot be read and an article that makes a stage panic are passed on in their place as [`Skipped`];
//!   the others go on.
//! - No thread outlives a successful run. When a run ends early (the sink refused, or [`Config::fail_fast`]) the caller
//!   does not wait for articles that nobody wants any more: the threads notice at the end of their batch and stop.

use std::collections::BTreeMap;
use std::io;
use std::num::NonZeroUsize;
use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, Sender, bounded, select, unbounded};

use crate::annotate::backend::BackendError;
use crate::annotate::{AnnotatedPart, Annotator, Model, SentenceMemory, assemble};
use crate::document::{Document, Segmented};
use crate::entity::Linked;
use crate::link::{Linker, Reason};
use crate::panic::message_of;
use crate::read::ReadError;
use crate::relate::Relater;
use crate::relation::Related;
use crate::segment::segment;
use crate::syntax::Annotated;
use crate::write::documents::n_words;

/// What happens to an article between reading and writing.
///
/// The results must depend on the article alone, not on the others in the batch nor on what the worker did before.
pub trait Stages: Send + Sync + 'static {
    /// What one thread needs for itself, such as a session of the model.
    type Worker;

    /// Make ready for work; called on the thread that will use it.
    fn worker(&self) -> Self::Worker;

    /// Take articles to the end of the way: as many results as articles, in the same order. `helpers` may take a part.
    fn process(
        &self,
        worker: &mut Self::Worker,
        batch: Vec<Document>,
        helpers: &Helpers<Self::Worker>,
    ) -> Vec<Result<Related, StageError>>;

    /// Sentences that were asked for so far, and those of them that were known from before.
    fn sentences_known(&self) -> (u64, u64) {
        (0, 0)
    }
}

type Task<W> = Box<dyn FnOnce(&mut W) + Send>;
type Tasks<W> = (Sender<Task<W>>, Receiver<Task<W>>);

/// Other workers, who take part in work that one lays out for them.
pub struct Helpers<W> {
    tasks: Option<Tasks<W>>,
}

impl<W: 'static> Helpers<W> {
    /// Nobody: all work is done by the worker itself.
    pub fn none() -> Self {
        Self { tasks: None }
    }

    /// The results of `work` on every item, in order, by `worker` and whoever has time.
    ///
    /// A result is missing (`None`) where the work panicked.
    pub fn share<I: Send + 'static, T: Send + 'static>(
        &self,
        worker: &mut W,
        items: Vec<I>,
        work: impl Fn(&mut W, I) -> T + Send + Sync + 'static,
    ) -> Vec<Option<T>> {
        let Some((lay_out, take)) = &self.tasks else {
            return items.into_iter().map(|item| Some(work(worker, item))).collect();
        };
        let mut results: Vec<Option<T>> = items.iter().map(|_| None).collect();
        let work = Arc::new(work);
        let (to_owner, done) = unbounded();
        for (at, item) in items.into_iter().enumerate() {
            let (work, to_owner) = (Arc::clone(&work), to_owner.clone());
            // The owner waits for all results, and a send to one who is gone is of no use to anybody.
            let task = Box::new(move |worker: &mut W| drop(to_owner.send((at, work(worker, item)))));
            if let Err(unsent) = lay_out.send(task) {
                unsent.into_inner()(worker);
            }
        }
        drop(to_owner);
        while let Ok(task) = take.try_recv() {
            // It may be another owner's, whose article is to blame then; a worker has nothing that a panic leaves wrong.
            let _ = catch_unwind(AssertUnwindSafe(|| task(worker)));
        }
        for (at, result) in done {
            results[at] = Some(result);
        }
        results
    }
}

/// A stage that fails on an article.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StageError {
    /// The model's engine fails.
    #[error(transparent)]
    Annotate(#[from] BackendError),
}

/// The stages as they ship: segment, annotate, link, relate.
pub struct News {
    model: Arc<Model>,
    memory: Arc<SentenceMemory>,
    linker: Linker,
    relater: Relater,
}

impl News {
    /// The stages with this model and these rules.
    pub fn new(model: Model, relater: Relater) -> Self {
        Self { model: Arc::new(model), memory: Arc::default(), linker: Linker::new(), relater }
    }

    /// The relation stage.
    pub fn relater(&self) -> &Relater {
        &self.relater
    }

    /// An article with its mentions and entities, before relations.
    ///
    /// # Errors
    /// When the engine fails.
    pub fn linked(&self, annotator: &mut Annotator, segmented: Segmented) -> Result<Linked, StageError> {
        Ok(self.linker.link(annotator.annotate(segmented)?))
    }

    /// As [`linked`](Self::linked), with the reason for every mention, parallel to [`Linked::mentions`].
    ///
    /// # Errors
    /// When the engine fails.
    pub fn linked_with_reasons(
        &self,
        annotator: &mut Annotator,
        segmented: Segmented,
    ) -> Result<(Linked, Vec<Reason>), StageError> {
        Ok(self.linker.link_with_reasons(annotator.annotate(segmented)?))
    }
}

impl Stages for News {
    type Worker = Annotator;

    fn worker(&self) -> Annotator {
        Annotator::with_memory(Arc::clone(&self.model), Arc::clone(&self.memory))
    }

    fn process(
        &self,
        annotator: &mut Annotator,
        batch: Vec<Document>,
        helpers: &Helpers<Annotator>,
    ) -> Vec<Result<Related, StageError>> {
        let mut articles: Vec<Segmented> = batch.into_iter().map(segment).collect();
        let n = articles.len();
        let annotated = match articles.pop() {
            // A long article is a batch of its own.
            Some(long) if n == 1 && long.sentences.len() > SHARED => {
                annotate_together(annotator, long, helpers).map(|annotated| vec![annotated])
            }
            last => {
                articles.extend(last);
                annotator.annotate_all(articles)
            }
        };
        match annotated {
            Ok(annotated) => annotated.into_iter().map(|a| Ok(self.relater.relate(self.linker.link(a)))).collect(),
            Err(error) => (0..n).map(|_| Err(StageError::Annotate(error.clone()))).collect(),
        }
    }

    fn sentences_known(&self) -> (u64, u64) {
        self.memory.asked_and_known()
    }
}

/// Sentences of a part of a long article, which one worker does at a time.
const SHARED: usize = 256;

fn annotate_together(
    annotator: &mut Annotator,
    article: Segmented,
    helpers: &Helpers<Annotator>,
) -> Result<Annotated, BackendError> {
    let n = article.sentences.len();
    let article = Arc::new(article);
    let parts: Vec<Range<usize>> = (0..n).step_by(SHARED).map(|start| start..(start + SHARED).min(n)).collect();
    let shared = Arc::clone(&article);
    let parts = helpers.share(annotator, parts, move |annotator, part| annotator.annotate_part(&shared, part));
    let parts: Vec<AnnotatedPart> = parts
        .into_iter()
        .map(|part| part.unwrap_or_else(|| Err(BackendError::Run("a part of the article was lost".to_owned()))))
        .collect::<Result<_, _>>()?;
    Ok(assemble(Arc::unwrap_or_clone(article), parts))
}

/// How to run.
#[derive(Debug, Clone)]
pub struct Config {
    /// Worker threads.
    pub jobs: NonZeroUsize,
    /// Most articles in a batch.
    pub batch_articles: usize,
    /// A batch is closed when its texts reach this many bytes.
    pub batch_bytes: usize,
    /// Bytes of text that may be on their way at once; a single longer article still passes.
    pub text_on_the_way: usize,
    /// Stop at the first record that has to be skipped.
    pub fail_fast: bool,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            jobs: thread::available_parallelism().unwrap_or(NonZeroUsize::MIN),
            batch_articles: 16,
            batch_bytes: 1 << 14,
            text_on_the_way: 16 << 20,
            fail_fast: false,
        }
    }
}

/// A record without a result.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Skipped {
    /// It could not be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// A stage cannot work on it.
    #[error("article `{id}`")]
    Stage {
        /// The article.
        id: String,
        /// Why.
        source: StageError,
    },
    /// A stage panicked on it, which is a fault of this program.
    #[error("article `{id}`: internal error: {message}; please report this with the article")]
    Internal {
        /// The article.
        id: String,
        /// What the fault says.
        message: String,
    },
}

/// Why a run ended early.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PipelineError {
    /// A record was bad and [`Config::fail_fast`] says to stop.
    #[error("stopped at the first bad record; leave out --fail-fast to skip it and go on")]
    FailFast(#[source] Skipped),
    /// The sink takes no more.
    #[error("output refused")]
    Sink(#[source] io::Error),
    /// A thread could not be started.
    #[error("cannot start a thread; try fewer with --jobs")]
    Thread(#[source] io::Error),
    /// A thread ended by a fault of this program.
    #[error("internal error: {0}; please report this")]
    Internal(String),
}

/// What a run did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Summary {
    /// Articles with a result.
    pub articles: u64,
    /// Their words: tokens with at least one letter or digit.
    pub words: u64,
    /// Their sentences.
    pub sentences: u64,
    /// Entities in them, counted for each article.
    pub entities: u64,
    /// Relations in them.
    pub relations: u64,
    /// Records without a result.
    pub skipped: u64,
    /// Time since the start.
    pub elapsed: Duration,
}

impl Summary {
    fn of(related: &Related) -> Self {
        Self {
            articles: 1,
            words: n_words(&related.linked) as u64,
            sentences: related.linked.sentences.len() as u64,
            entities: related.linked.entities.len() as u64,
            relations: related.relations.len() as u64,
            ..Self::default()
        }
    }

    fn add(&mut self, other: &Self) {
        self.articles += other.articles;
        self.words += other.words;
        self.sentences += other.sentences;
        self.entities += other.entities;
        self.relations += other.relations;
        self.skipped += other.skipped;
    }
}

/// Articles of one batch that are done, in input order.
#[derive(Debug)]
pub struct Finished<T> {
    /// What was made of each article, or why nothing was.
    pub records: Vec<Result<T, Skipped>>,
    /// What was done so far, with this batch.
    pub so_far: Summary,
    /// What the reader's `position` said when it had read this batch.
    pub position: u64,
}

/// Take all `articles` through `stages`.
///
/// `turn` makes of an article whatever the sink wants, on the worker's thread; `sink` gets everything in input order,
/// on the caller's thread. `position` is asked by the reader after each batch, for whoever shows how far the run is.
///
/// # Errors
/// When the sink refuses, at the first bad record if [`Config::fail_fast`] says so (all records before it have gone to
/// the sink), and when threads fail.
pub fn run<S, A, T>(
    stages: &Arc<S>,
    articles: A,
    position: impl Fn() -> u64 + Send + 'static,
    config: &Config,
    turn: impl Fn(Related) -> T + Send + Sync + 'static,
    mut sink: impl FnMut(Finished<T>) -> io::Result<()>,
) -> Result<Summary, PipelineError>
where
    S: Stages,
    A: Iterator<Item = Result<Document, ReadError>> + Send + 'static,
    T: Send + 'static,
{
    let start = Instant::now();
    // Batches on the way are bounded, too: many workers and short articles must not fill the reorder buffer.
    let budget = Arc::new(Budget::new(config.text_on_the_way, config.jobs.get().saturating_mul(16)));
    let _close = CloseOnDrop(&budget);
    let (to_workers, batches) = bounded(config.jobs.get());
    // Bounded by the budget.
    let (to_sink, done) = unbounded();
    let turn = Arc::new(turn);

    let mut threads = vec![spawn("reader", {
        let (budget, config) = (Arc::clone(&budget), config.clone());
        move || read(articles, &position, &config, &budget, &to_workers)
    })?];
    let tasks = unbounded();
    for _ in 0..config.jobs.get() {
        let (stages, turn) = (Arc::clone(stages), Arc::clone(&turn));
        let (batches, to_sink) = (batches.clone(), to_sink.clone());
        let helpers = Helpers { tasks: Some(tasks.clone()) };
        threads.push(spawn("worker", move || work(&*stages, &*turn, &batches, &to_sink, helpers))?);
    }
    drop((batches, to_sink, tasks));

    let mut summary = Summary::default();
    let mut waiting = BTreeMap::new();
    let mut next = 0;
    for batch in done {
        waiting.insert(batch.number, batch);
        while let Some(batch) = waiting.remove(&next) {
            next += 1;
            summary.add(&batch.counts);
            summary.elapsed = start.elapsed();
            let Done { mut records, position, bytes, .. } = batch;
            let mut stop = None;
            if config.fail_fast
                && let Some(bad) = records.iter().position(Result::is_err)
            {
                stop = records.drain(bad..).next().and_then(Result::err);
            }
            sink(Finished { records, so_far: summary, position }).map_err(PipelineError::Sink)?;
            if let Some(skipped) = stop {
                return Err(PipelineError::FailFast(skipped));
            }
            budget.give(bytes);
        }
    }
    for thread in threads {
        thread.join().map_err(|panic| PipelineError::Internal(message_of(&*panic)))?;
    }
    summary.elapsed = start.elapsed();
    Ok(summary)
}

fn spawn(name: &str, work: impl FnOnce() + Send + 'static) -> Result<JoinHandle<()>, PipelineError> {
    thread::Builder::new().name(name.to_owned()).spawn(work).map_err(PipelineError::Thread)
}

struct Batch {
    number: u64,
    records: Vec<Result<Document, ReadError>>,
    bytes: usize,
    position: u64,
}

struct Done<T> {
    number: u64,
    records: Vec<Result<T, Skipped>>,
    counts: Summary,
    bytes: usize,
    position: u64,
}

/// The reader's thread: group articles and hand them on.
fn read(
    articles: impl Iterator<Item = Result<Document, ReadError>>,
    position: &impl Fn() -> u64,
    config: &Config,
    budget: &Budget,
    to_workers: &Sender<Batch>,
) {
    let mut number = 0;
    let mut records = Vec::new();
    let mut bytes = 0;
    let mut hand_on = |records: &mut Vec<_>, bytes: &mut usize| {
        let mut batch =
            Batch { number, records: std::mem::take(records), bytes: std::mem::take(bytes), position: position() };
        // A very long article leaves room for others, which go past it.
        batch.bytes = batch.bytes.min(config.text_on_the_way / 2);
        number += 1;
        budget.take(batch.bytes) && to_workers.send(batch).is_ok()
    };
    for record in articles {
        let long = record.as_ref().map_or(0, |document| document.text.len());
        // A long article goes alone, so that the short ones before it do not wait for it.
        if !records.is_empty() && bytes + long > config.batch_bytes && !hand_on(&mut records, &mut bytes) {
            return;
        }
        bytes += long;
        records.push(record);
        let full = records.len() >= config.batch_articles.max(1) || bytes >= config.batch_bytes;
        if full && !hand_on(&mut records, &mut bytes) {
            return;
        }
    }
    if !records.is_empty() {
        hand_on(&mut records, &mut bytes);
    }
}

/// A worker's thread: others' tasks first, then batches; when there are no more batches, tasks to the end.
fn work<S: Stages, T>(
    stages: &S,
    turn: &impl Fn(Related) -> T,
    batches: &Receiver<Batch>,
    to_sink: &Sender<Done<T>>,
    helpers: Helpers<S::Worker>,
) {
    let mut worker = None;
    let Some((lay_out, tasks)) = helpers.tasks.clone() else { return };
    loop {
        if let Ok(task) = tasks.try_recv() {
            help(stages, &mut worker, task);
            continue;
        }
        let batch = select! {
            recv(tasks) -> task => {
                if let Ok(task) = task {
                    help(stages, &mut worker, task);
                }
                continue;
            }
            recv(batches) -> batch => batch,
        };
        let Ok(Batch { number, records, bytes, position }) = batch else { break };
        let mut counts = Summary::default();
        let (documents, gaps): (Vec<_>, Vec<_>) = split(records);
        let mut results = process(stages, turn, &mut worker, documents, &helpers, &mut counts).into_iter();
        let records: Vec<Result<T, Skipped>> = gaps
            .into_iter()
            .filter_map(|gap| match gap {
                Some(error) => Some(Err(Skipped::Read(error))),
                None => results.next(),
            })
            .collect();
        counts.skipped = records.iter().filter(|record| record.is_err()).count() as u64;
        if to_sink.send(Done { number, records, counts, bytes, position }).is_err() {
            return;
        }
    }
    // The tasks end when no worker can lay out any more.
    drop((lay_out, helpers));
    for task in tasks {
        help(stages, &mut worker, task);
    }
}

/// A part of another worker's article; if it panics, that worker misses the result.
fn help<S: Stages>(stages: &S, worker: &mut Option<S::Worker>, task: Task<S::Worker>) {
    let _ = guarded(stages, worker, task);
}

/// What `work` gives, or what it says when it panics. What a panic leaves behind is thrown away: the worker is made anew,
/// the rest is not changed by the stages.
fn guarded<S: Stages, T>(
    stages: &S,
    worker: &mut Option<S::Worker>,
    work: impl FnOnce(&mut S::Worker) -> T,
) -> Result<T, String> {
    let mut ready = worker.take();
    let outcome = catch_unwind(AssertUnwindSafe(|| work(ready.get_or_insert_with(|| stages.worker()))));
    let result = outcome.map_err(|panic| message_of(&*panic))?;
    *worker = ready;
    Ok(result)
}

/// Articles, and for every record its error or a gap that an article's result fills.
fn split(records: Vec<Result<Document, ReadError>>) -> (Vec<Document>, Vec<Option<ReadError>>) {
    let mut documents = Vec::with_capacity(records.len());
    let mut gaps = Vec::with_capacity(records.len());
    for record in records {
        match record {
            Ok(document) => {
                documents.push(document);
                gaps.push(None);
            }
            Err(error) => gaps.push(Some(error)),
        }
    }
    (documents, gaps)
}

/// A batch through the stages. If a stage panics, its articles are tried one by one, so that only the one that is to
/// blame is lost.
fn process<S: Stages, T>(
    stages: &S,
    turn: &impl Fn(Related) -> T,
    worker: &mut Option<S::Worker>,
    documents: Vec<Document>,
    helpers: &Helpers<S::Worker>,
    counts: &mut Summary,
) -> Vec<Result<T, Skipped>> {
    match attempt(stages, turn, worker, documents.clone(), helpers) {
        Ok(results) => {
            return results.into_iter().map(|result| count(result, counts)).collect();
        }
        Err(message) => {
            if let [document] = &documents[..] {
                return vec![Err(Skipped::Internal { id: document.id.clone(), message })];
            }
        }
    }
    documents
        .into_iter()
        .map(|document| {
            let id = document.id.clone();
            match attempt(stages, turn, worker, vec![document], helpers) {
                Ok(mut results) => results.pop().map_or_else(
                    || Err(Skipped::Internal { id, message: "no result".to_owned() }),
                    |result| count(result, counts),
                ),
                Err(message) => Err(Skipped::Internal { id, message }),
            }
        })
        .collect()
}

/// A finished article with its counts.
type Counted<T> = Result<(T, Summary), Skipped>;

fn count<T>(result: Counted<T>, counts: &mut Summary) -> Result<T, Skipped> {
    let (result, count) = result?;
    counts.add(&count);
    Ok(result)
}

fn attempt<S: Stages, T>(
    stages: &S,
    turn: &impl Fn(Related) -> T,
    worker: &mut Option<S::Worker>,
    documents: Vec<Document>,
    helpers: &Helpers<S::Worker>,
) -> Result<Vec<Counted<T>>, String> {
    if documents.is_empty() {
        return Ok(Vec::new());
    }
    let ids: Vec<String> = documents.iter().map(|document| document.id.clone()).collect();
    let (results, found) = guarded(stages, worker, |state| {
        let all = stages.process(state, documents, helpers);
        let found = all.len();
        let counted: Vec<Counted<T>> = all
            .into_iter()
            .zip(&ids)
            .map(|(result, id)| match result {
                Ok(related) => {
                    let counts = Summary::of(&related);
                    Ok((turn(related), counts))
                }
                Err(source) => Err(Skipped::Stage { id: id.clone(), source }),
            })
            .collect();
        (counted, found)
    })?;
    if found == ids.len() { Ok(results) } else { Err(format!("{found} results for {} articles", ids.len())) }
}

/// What may be on its way at once. Batches enter in their order, so the one that the sink waits for is always in.
struct Budget {
    state: Mutex<Spent>,
    given: Condvar,
    max_bytes: usize,
    max_batches: usize,
}

#[derive(Default)]
struct Spent {
    bytes: usize,
    batches: usize,
    closed: bool,
}

impl Budget {
    fn new(max_bytes: usize, max_batches: usize) -> Self {
        Self { state: Mutex::default(), given: Condvar::new(), max_bytes, max_batches }
    }

    fn lock(&self) -> MutexGuard<'_, Spent> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Wait for room; false when nobody waits for the results any more.
    fn take(&self, bytes: usize) -> bool {
        let mut spent = self.lock();
        loop {
            if spent.closed {
                return false;
            }
            let fits = spent.batches < self.max_batches && spent.bytes.saturating_add(bytes) <= self.max_bytes;
            if fits || spent.batches == 0 {
                spent.bytes += bytes;
                spent.batches += 1;
                return true;
            }
            spent = self.given.wait(spent).unwrap_or_else(PoisonError::into_inner);
        }
    }

    fn give(&self, bytes: usize) {
        let mut spent = self.lock();
        spent.bytes -= bytes;
        spent.batches -= 1;
        self.given.notify_one();
    }
}

struct CloseOnDrop<'a>(&'a Budget);

impl Drop for CloseOnDrop<'_> {
    fn drop(&mut self) {
        self.0.lock().closed = true;
        self.0.given.notify_all();
    }
}

/// Relations that the user wants to see.
#[derive(Debug, Clone, Copy)]
pub struct Keep {
    /// Least confidence, as the output shows it.
    pub min_confidence: f64,
    /// Whether to keep relations that no rule of the inventory gives.
    pub open: bool,
}

impl Default for Keep {
    fn default() -> Self {
        Self { min_confidence: 0.0, open: true }
    }
}

impl Keep {
    /// Leave the other relations out.
    pub fn apply(self, related: &mut Related) {
        related.relations.retain(|relation| {
            let sure = crate::write::rounded(relation.confidence) >= self.min_confidence;
            sure && (self.open || !relation.rule.starts_with("open/"))
        });
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use proptest::prelude::*;

    use super::*;
    use crate::read::Place;
    use crate::write::Emit;
    use crate::write::samples::capitalised;

    /// Capitalised words are people, two of them in a row meet; the word "Panic" is a fault.
    struct Capitalised {
        workers: AtomicUsize,
    }

    impl Stages for Capitalised {
        type Worker = usize;

        fn worker(&self) -> usize {
            self.workers.fetch_add(1, Ordering::Relaxed)
        }

        fn process(&self, _: &mut usize, batch: Vec<Document>, _: &Helpers<usize>) -> Vec<Result<Related, StageError>> {
            batch
                .into_iter()
                .map(|document| {
                    assert!(!document.text.contains("Panic"), "cannot stand {}", document.id);
                    if document.text.contains("Slow") {
                        thread::sleep(Duration::from_millis(30));
                    }
                    Ok(capitalised(document))
                })
                .collect()
        }
    }

    fn document(id: usize, text: &str) -> Document {
        Document { id: id.to_string(), source: None, title: None, published: None, text: text.to_owned() }
    }

    fn config(jobs: usize, batch_articles: usize, batch_bytes: usize) -> Config {
        Config {
            jobs: NonZeroUsize::new(jobs).unwrap(),
            batch_articles,
            batch_bytes,
            text_on_the_way: 4000,
            fail_fast: false,
        }
    }

    fn go(texts: &[&str], config: &Config) -> (String, Result<Summary, PipelineError>) {
        let records: Vec<Result<Document, ReadError>> = texts
            .iter()
            .enumerate()
            .map(|(id, text)| match *text {
                "bad" => Err(ReadError::Empty { place: Place::file("in").at_line(id as u64) }),
                text => Ok(document(id, text)),
            })
            .collect();
        let mut out = Vec::new();
        let turn = |related: Related| {
            let mut line = Vec::new();
            Emit::Documents.render(&related, &mut line).unwrap();
            line
        };
        let stages = Arc::new(Capitalised { workers: AtomicUsize::new(0) });
        let summary = run(
            &stages,
            records.into_iter(),
            || 0,
            config,
            turn,
            |finished| {
                for record in finished.records {
                    match record {
                        Ok(line) => out.extend(line),
                        Err(error) => out.extend(format!("! {error}\n").into_bytes()),
                    }
                }
                Ok(())
            },
        );
        (String::from_utf8(out).unwrap(), summary)
    }

    #[test]
    fn order_and_bytes_do_not_depend_on_jobs_or_batches() {
        let texts: Vec<String> =
            (0..200).map(|i| format!("{} Ann{i} met Bob{i}.", if i % 17 == 0 { "Slow" } else { "Fast" })).collect();
        let mut texts: Vec<&str> = texts.iter().map(String::as_str).collect();
        texts[50] = "bad";
        texts[199] = "bad";
        let (expect, summary) = go(&texts, &config(1, 1, 1));
        assert_eq!(expect.lines().count(), 200);
        let summary = Summary { elapsed: Duration::ZERO, ..summary.unwrap() };
        assert_eq!((summary.articles, summary.skipped, summary.sentences), (198, 2, 198));
        assert_eq!(summary.words, 198 * 4);
        for (jobs, articles, bytes) in [(1, 64, 1 << 20), (2, 3, 100), (8, 7, 1 << 20), (16, 1, 10)] {
            let (out, other) = go(&texts, &config(jobs, articles, bytes));
            assert!(out == expect, "{jobs} {articles} {bytes}");
            assert_eq!(Summary { elapsed: Duration::ZERO, ..other.unwrap() }, summary);
        }
    }

    #[test]
    fn a_panic_costs_one_article() {
        let texts = ["Ann met Bob.", "Panic broke out.", "bad", "Cy met Di."];
        for batch in [1, 4] {
            let (out, summary) = go(&texts, &config(2, batch, 1 << 20));
            let lines: Vec<&str> = out.lines().collect();
            assert!(lines[0].contains("\"id\":\"0\""));
            assert_eq!(lines[1], "! article `1`: internal error: cannot stand 1; please report this with the article");
            assert_eq!(lines[2], "! in:2: empty, no text to work on; remove it, or fill it if text is missing");
            assert!(lines[3].contains("\"id\":\"3\""));
            let summary = summary.unwrap();
            assert_eq!((summary.articles, summary.skipped), (2, 2));
        }
    }

    /// Sums of numbers, each sum shared with others; a negative number is a fault.
    struct Sums;

    impl Stages for Sums {
        type Worker = u64;

        fn worker(&self) -> u64 {
            0
        }

        fn process(
            &self,
            worker: &mut u64,
            batch: Vec<Document>,
            helpers: &Helpers<u64>,
        ) -> Vec<Result<Related, StageError>> {
            let process = |document: Document| {
                let numbers: Vec<i64> = document.text.split(' ').map(|n| n.parse().unwrap()).collect();
                let squares = helpers.share(worker, numbers.clone(), |done, n| {
                    *done += 1;
                    thread::sleep(Duration::from_micros(50));
                    u64::try_from(n).unwrap().pow(2)
                });
                let expect: Vec<Option<u64>> = numbers.iter().map(|n| u64::try_from(*n).ok().map(|n| n * n)).collect();
                assert_eq!(squares, expect);
                Ok(capitalised(document))
            };
            batch.into_iter().map(process).collect()
        }
    }

    #[test]
    fn work_that_is_shared_comes_back_in_order_and_without_what_panicked() {
        let texts: Vec<String> = (0..20)
            .map(|i| (0..50).map(|n| (if n == i { -1 } else { n }).to_string()).collect::<Vec<_>>().join(" "))
            .collect();
        for jobs in [1, 4] {
            let articles: Vec<_> = texts.iter().enumerate().map(|(i, text)| Ok(document(i, text))).collect();
            let mut done = 0;
            let sink = |finished: Finished<()>| {
                done += finished.records.iter().filter(|r| r.is_ok()).count();
                Ok(())
            };
            run(&Arc::new(Sums), articles.into_iter(), || 0, &config(jobs, 3, 1 << 20), |_| (), sink).unwrap();
            assert_eq!(done, 20);
        }
        let mut worker = 0;
        let squares = Helpers::none().share(&mut worker, vec![1, 2, 3], |done, n| {
            *done += 1;
            n * n
        });
        assert_eq!((squares, worker), (vec![Some(1), Some(4), Some(9)], 3));
    }

    #[test]
    fn an_article_longer_than_the_room_lets_others_pass() {
        let long = format!("Slow {}", "word ".repeat(2000));
        let mut texts = vec!["Ann met Bob."; 30];
        texts[3] = &long;
        let (out, summary) = go(&texts, &config(2, 1, 1));
        assert_eq!((out.lines().count(), summary.unwrap().articles), (30, 30));
    }

    #[test]
    fn fail_fast_stops_at_the_first_bad_record() {
        let texts = ["Ann met Bob.", "bad", "Cy met Di.", "bad"];
        for batch in [1, 8] {
            let (out, summary) = go(&texts, &Config { fail_fast: true, ..config(3, batch, 1 << 20) });
            assert_eq!(out.lines().count(), 1);
            let error = summary.unwrap_err();
            assert!(
                matches!(&error, PipelineError::FailFast(Skipped::Read(ReadError::Empty { place })) if place.line == Some(1))
            );
        }
    }

    #[test]
    fn a_sink_that_refuses_ends_a_run_without_end() {
        let articles = (0..).map(|i| Ok(document(i, "Ann met Bob.")));
        let stages = Arc::new(Capitalised { workers: AtomicUsize::new(0) });
        let mut left = 10;
        let result = run(
            &stages,
            articles,
            || 0,
            &config(2, 1, 1),
            |_| (),
            |_| {
                left -= 1;
                if left == 0 { Err(io::ErrorKind::BrokenPipe.into()) } else { Ok(()) }
            },
        );
        assert!(matches!(result, Err(PipelineError::Sink(error)) if error.kind() == io::ErrorKind::BrokenPipe));
    }

    #[test]
    fn the_reader_does_not_run_ahead() {
        let read = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&read);
        let text = "Ann met Bob. ".repeat(100);
        let articles = (0..300).map(move |i| {
            counted.fetch_add(1, Ordering::SeqCst);
            Ok(document(i, &text))
        });
        let stages = Arc::new(Capitalised { workers: AtomicUsize::new(0) });
        let mut written = 0;
        run(
            &stages,
            articles,
            || 0,
            &config(2, 1, 1),
            |_| (),
            |finished| {
                written += finished.records.len();
                // Three texts fit into the budget; one more may be in the reader's hand.
                assert!(read.load(Ordering::SeqCst) <= written + 5);
                Ok(())
            },
        )
        .unwrap();
        assert_eq!(written, 300);
    }

    #[test]
    fn a_reader_that_panics_is_an_error_not_a_short_output() {
        let articles = (0..5).map(|i| if i == 3 { panic!("no more") } else { Ok(document(i, "Ann.")) });
        let stages = Arc::new(Capitalised { workers: AtomicUsize::new(0) });
        let result = run(&stages, articles, || 0, &config(2, 1, 1), |_| (), |_| Ok(()));
        assert!(matches!(result, Err(PipelineError::Internal(message)) if message == "no more"));
    }

    #[test]
    fn relations_are_kept_by_shown_confidence_and_kind() {
        for (confidence, rule, min_confidence, open, kept) in [
            (0.8996, "a/b", 0.9, true, true),
            (0.8994, "a/b", 0.9, true, false),
            (0.9, "open/verb", 0.5, true, true),
            (0.9, "open/verb", 0.5, false, false),
        ] {
            let mut related = crate::write::samples::related();
            related.relations[0].confidence = confidence;
            related.relations[0].rule = Arc::from(rule);
            Keep { min_confidence, open }.apply(&mut related);
            assert_eq!(related.relations.len() == 1, kept, "{confidence} {rule}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(40))]
        #[test]
        fn any_grouping_gives_the_same(
            texts in prop::collection::vec("([A-Z]?[a-zé😀]{0,5} ){0,9}|bad", 0..40),
            jobs in 1usize..5, articles in 1usize..9, bytes in 1usize..200,
        ) {
            let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
            let (expect, _) = go(&texts, &config(1, 1, 1));
            let (out, _) = go(&texts, &config(jobs, articles, bytes));
            prop_assert_eq!(out, expect);
        }
    }
}
