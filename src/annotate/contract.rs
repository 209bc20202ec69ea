//! What holds for every engine, and for every tagger in the place of the model's own.

use super::tests::article;
use super::*;

/// Articles with what has gone wrong in other programs: long sentences, none at all, marks that combine, emoji.
fn texts() -> Vec<String> {
    let long: Vec<String> = (0..130).map(|i| format!("Amina Wanjiru of Norway met delegate {i}")).collect();
    let many: Vec<String> =
        (0..70).map(|i| format!("Minister Lena Vogt visited the Harbour Union on day {i}.")).collect();
    let mut texts = [
        "Kenyan Foreign Minister Amina Wanjiru met her Norwegian counterpart Lars Heggen in Mombasa on Tuesday. She will \
         visit Oslo in May.",
        "Yes.",
        "",
        " \n\n ",
        "The U.N. refugee agency, UNHCR, said 12,500 people had fled to Chad since June; Sudan's army denied that it \
         had shelled the camp at El-Obeid 😀.",
        "The cafe\u{301} of Zoe\u{308} Müller can't be found 👩‍👩‍👧 on the Co\u{302}te d’Ivoire\u{200b} road. 🇰🇪🇳🇴 \u{feff}",
        "北京 and القاهرة are names, too. So is [SEP], said </s>.",
        "“No,” said Dr. José Ñúñez — twice.\nA line\tbreaks\nhere.",
    ]
    .map(str::to_owned)
    .to_vec();
    texts.extend([long.join(", ") + ".", many.join(" "), "x".repeat(5000), "é\u{301}".repeat(800)]);
    texts
}

/// The shipped model on every engine of this program.
fn engines() -> Vec<(String, Arc<Model>)> {
    let mut engines = vec![("rten".to_owned(), backend::Engine::Rten)];
    if cfg!(feature = "libtorch") {
        engines.push(("libtorch".to_owned(), backend::Engine::Libtorch(backend::Device::Cpu)));
    }
    engines.into_iter().map(|(name, engine)| (name, Arc::new(Model::load(None, engine).unwrap()))).collect()
}

/// Every engine, and the default one with every checkpoint for the mentions.
fn taggers() -> Vec<(String, Arc<Model>)> {
    #[allow(unused_mut, reason = "without libtorch there are no others")]
    let mut taggers = engines();
    #[cfg(feature = "libtorch")]
    for (name, path) in classifier::tests::checkpoints() {
        let ner = NerModel::load(&path, &NerModelConfig::default()).unwrap();
        taggers.push((name, Arc::new(Model::embedded().unwrap().with_ner(ner))));
    }
    taggers
}

#[test]
fn scores_of_an_input_do_not_depend_on_the_others() {
    for (name, model) in engines() {
        let articles: Vec<Segmented> = texts().iter().map(|text| article(text)).collect();
        let mut inputs = Annotator::new(Arc::clone(&model)).inputs(&articles);
        let special = model.special;
        // A sentence without words.
        inputs.push(Input {
            ids: vec![special.begin as i32, special.end as i32],
            shapes: vec![0, 0],
            words: Vec::new(),
        });
        assert!(inputs.len() > 80, "{}", inputs.len());
        let mut engine = model.engine();
        let alone: Vec<Output> =
            inputs.iter().map(|input| engine.run(std::slice::from_ref(input)).unwrap().remove(0)).collect();
        for (input, output) in inputs.iter().zip(&alone) {
            let n = input.words.len();
            let rows = [&output.ner, &output.upos, &output.xpos, &output.hidden, &output.arc, &output.dependents];
            assert!(rows.iter().all(|m| m.n_rows() == n), "{name}");
            assert_eq!(output.governors.n_rows(), 1 + n, "{name}");
        }
        for size in [7, 64, inputs.len()] {
            let mut other = model.engine();
            let outputs: Vec<Output> = inputs.chunks(size).flat_map(|pack| other.run(pack).unwrap()).collect();
            assert!(outputs == alone, "{name}: packs of {size}");
        }
        inputs.reverse();
        let mut reversed = engine.run(&inputs).unwrap();
        reversed.reverse();
        assert!(reversed == alone, "{name}: the other way round");
        assert!(engine.run(&[]).unwrap().is_empty(), "{name}");
    }
}

#[test]
fn scores_of_a_row_do_not_depend_on_the_others() {
    for (name, model) in engines() {
        let mut annotator = Annotator::new(Arc::clone(&model));
        let inputs = annotator.inputs(&[article(&texts()[4]), article(&texts()[9])]);
        let mut engine = model.engine();
        let outputs = engine.run(&inputs).unwrap();
        let (mut hidden, mut dependents, mut governors) = (Vec::new(), Vec::new(), Vec::new());
        let mut n_rows = 0;
        for output in &outputs {
            for row in 0..output.hidden.n_rows() {
                hidden.extend_from_slice(output.hidden.row(row));
                dependents.extend_from_slice(output.dependents.row(row));
                governors.extend_from_slice(output.governors.row(row));
                n_rows += 1;
            }
        }
        assert!(n_rows > 130, "{n_rows}");
        let matrix = |data: &[f32], rows: Range<usize>| {
            let width = data.len() / n_rows;
            Matrix::new(width, data[rows.start * width..rows.end * width].to_vec())
        };
        let all = 0..n_rows;
        let lemmas = engine.lemmas(&matrix(&hidden, all.clone())).unwrap();
        let relations = engine.relations(&matrix(&dependents, all.clone()), &matrix(&governors, all)).unwrap();
        assert_eq!((lemmas.n_rows(), lemmas.n_columns()), (n_rows, model.labels.lemma.len()));
        assert_eq!((relations.n_rows(), relations.n_columns()), (n_rows, model.labels.deprel.len()));
        for size in [1, 7, 64, 65] {
            for start in (0..n_rows).step_by(size) {
                let part = start..n_rows.min(start + size);
                let some = engine.lemmas(&matrix(&hidden, part.clone())).unwrap();
                assert!(some == matrix(lemmas.data(), part.clone()), "{name}: lemmas by {size}");
                let (d, g) = (matrix(&dependents, part.clone()), matrix(&governors, part.clone()));
                let some = engine.relations(&d, &g).unwrap();
                assert!(some == matrix(relations.data(), part), "{name}: relations by {size}");
            }
        }
    }
}

#[test]
fn an_input_that_is_not_whole_or_beyond_the_tables_is_an_error() {
    for (name, model) in engines() {
        let mut engine = model.engine();
        let input = |ids: Vec<i32>, n_shapes: usize, words: Vec<i32>| Input { shapes: vec![0; n_shapes], ids, words };
        for (input, expect) in [
            (input(vec![30_522; 3], 3, vec![1]), "piece 30522 of an input of 3"),
            (input(vec![-1; 3], 3, vec![1]), "piece -1 of an input of 3"),
            (input(vec![5; 600], 600, vec![1]), "piece 5 of an input of 600"),
            (Input { ids: vec![5; 3], shapes: vec![0, 4, 0], words: vec![1] }, "piece 5 of an input of 3"),
            (input(vec![5; 3], 3, vec![3]), "an input of 3 pieces is not whole"),
            (input(vec![5; 3], 3, vec![-1]), "an input of 3 pieces is not whole"),
            (input(vec![5; 3], 2, vec![1]), "an input of 3 pieces is not whole"),
            (input(Vec::new(), 0, Vec::new()), "an input of 0 pieces is not whole"),
        ] {
            let message = engine.run(&[input]).unwrap_err().to_string();
            assert!(message.contains(expect), "{name}: {message}");
        }
    }
}

#[test]
fn an_article_is_the_same_alone_among_others_in_parts_and_from_memory() {
    let texts = texts();
    for (name, model) in taggers() {
        // Everything that is known of a sentence, scores to the last bit.
        let shown = |annotated: &Annotated| format!("{:?} {:?}", annotated.sentences, annotated.mentions);
        let alone: Vec<Annotated> =
            texts.iter().map(|t| Annotator::new(Arc::clone(&model)).annotate(article(t)).unwrap()).collect();
        for annotated in &alone {
            for mention in &annotated.mentions {
                let tokens = &annotated.sentences[mention.sentence].tokens[mention.tokens.clone()];
                assert_eq!(mention.span, tokens[0].span.join(tokens[tokens.len() - 1].span), "{name}");
                assert!(mention.score > 0.0 && mention.score <= 1.0 + f32::EPSILON, "{name}: {}", mention.score);
            }
        }
        assert!(alone.iter().map(|a| a.mentions.len()).sum::<usize>() > 100, "{name} finds next to nothing");
        let alone: Vec<String> = alone.iter().map(shown).collect();
        let long = texts.join("\n\n");
        let whole = shown(&Annotator::new(Arc::clone(&model)).annotate(article(&long)).unwrap());

        let mut annotator = Annotator::new(Arc::clone(&model));
        for _ in 0..2 {
            let all = annotator.annotate_all(texts.iter().map(|t| article(t)).collect()).unwrap();
            assert!(all.iter().map(shown).eq(alone.iter().cloned()), "{name}: among others");
        }
        let (asked, known) = annotator.memory.asked_and_known();
        assert!(known >= asked / 2 && known < asked, "{known} of {asked}");

        let long = article(&long);
        for size in [1, 7, 64] {
            let n = long.sentences.len();
            let mut annotator = Annotator::new(Arc::clone(&model));
            let parts: Vec<AnnotatedPart> = (0..n)
                .step_by(size)
                .map(|start| annotator.annotate_part(&long, start..(start + size).min(n)).unwrap())
                .collect();
            assert_eq!(shown(&assemble(long.clone(), parts)), whole, "{name}: parts of {size}");
        }
        assert!(annotator.annotate_all(Vec::new()).unwrap().is_empty());
    }
}
